"""What lies below workspaces: found, or asked for and waited for, and brought onto this host.

A setup is one more row of validations, so it runs, dies and ends as they do.  Nobody in
particular waits for it: once begun it comes to its end, and whoever needs it looks.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import structlog

from bot.blobs.blobs import Blobs
from bot.images.additions import Additions
from bot.model.clock import Clock
from bot.model.errors import Refused
from bot.model.ids import Repo, Sha, ValidationId
from bot.model.validations import SETUP, Groundwork, Setup, Toolbox, Verdict
from bot.rules import inputs, setups
from bot.rules.additions import HOME, WORKSPACE
from bot.store import runs, validations
from bot.store import setups as rows
from bot.store.engine import Store
from bot.store.run_row import RunRow
from bot.store.validation_row import ValidationRow
from bot.work import telling
from bot.workspace.lend import sealed
from bot.workspace.listing import listed
from bot.workspace.mirror import Mirrors

PASSED = "passed"

log = structlog.get_logger()


Asker = RunRow | ValidationRow
"""Who needs a setup."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """What lies below a workspace, or why nothing does.

    Attributes:
        layers: what is below the workspace.
        homes: what is below the home.
        verdict: on the setup; None where there is none.
        at: Unix seconds at which that ended.
    """

    layers: tuple[Path, ...] = ()
    homes: tuple[Path, ...] = ()
    verdict: Verdict | None = None
    at: float = 0.0

    @property
    def lacks(self) -> Verdict | None:
        """The verdict on a setup that has left nothing."""
        passed = self.verdict is None or self.verdict.outcome == PASSED
        return None if passed else self.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The commits that decide what a workspace stands on.

    Attributes:
        shelf: names the mirror, which has both.
        main: the head of the default branch; None where the mirror does not have it.
        commit: what the workspace starts from.
        fork: whether strangers may have made that.
    """

    shelf: Repo
    main: Sha | None
    commit: Sha
    fork: bool


class Setups:
    """Finds setups, and has those made that are needed.

    Args:
        blobs: where jobs have left what they added.
        additions: where that is unpacked on this host.
        mirrors: where commits are.
        platform: names what setups run on here.
        new_id: makes a name for one.
    """

    def __init__(  # noqa: PLR0913 - the places that a setup is made of
        self,
        store: Store,
        clock: Clock,
        *,
        blobs: Blobs,
        additions: Additions,
        mirrors: Mirrors,
        platform: str,
        new_id: Callable[[], ValidationId],
    ) -> None:
        self._store = store
        self._clock = clock
        self._blobs = blobs
        self._additions = additions
        self._mirrors = mirrors
        self._platform = platform
        self._new_id = new_id

    async def of_commit(
        self, asker: Asker, setup: Setup, boxes: Collection[Toolbox], ground: Ground
    ) -> Groundwork:
        """Return what the tree of a commit stands on.

        Raises:
            GitFailed: the mirror does not have the commits.
        """
        base = ground.main or ground.commit
        main = await self._inputs(ground.shelf, base, setup)
        shared = setups.shared(setup, boxes, inputs=main, platform=self._platform, base=base)
        here = await self._inputs(ground.shelf, ground.commit, setup)
        if here == main and ground.main is not None:
            return shared
        return setups.own(
            shared, inputs=here, number=asker.number, fork=ground.fork, base=ground.commit
        )

    async def of_run(
        self, row: RunRow, shelf: Repo, commit: Sha, branch: str
    ) -> Groundwork | None:
        """Return what a job of a run stands on; None where its terms name no setup.

        Args:
            row: the run.
            shelf: names the mirror.
            commit: what its workspace starts from.
            branch: the default branch.
        """
        terms = row.terms
        if terms.setup is None:
            return None
        main = await self._mirrors.resolve(shelf, branch)
        ground = Ground(shelf=shelf, main=main, commit=commit, fork=row.fork)
        return await self.of_commit(row, terms.setup, terms.toolboxes, ground)

    async def of_head(self, row: ValidationRow, needs: Groundwork, branch: str) -> Groundwork:
        """Return what the head of a pull request stands on, which a person has asked about."""
        main = await self._mirrors.resolve(row.shelf, branch)
        fork = bool((row.asked or {}).get("fork"))
        ground = Ground(shelf=row.shelf, main=main, commit=row.base, fork=fork)
        return await self.of_commit(row, needs.setup, needs.toolboxes, ground)

    def of_tree(self, row: ValidationRow, needs: Groundwork, named: str) -> Groundwork:
        """Return what a tree of an agent's stands on that has inputs of its own."""
        return setups.own(
            needs,
            inputs=named,
            number=row.number,
            fork=bool((row.asked or {}).get("fork")),
            base=row.base,
            work=row.work,
            tree=row.tree,
        )

    async def below(self, row: ValidationRow) -> Laid | None:
        """Return what lies below the workspace of a validation; None while it is being made.

        Raises as `look` does.
        """
        return Laid() if row.needs is None else await self.look(row, row.needs)

    async def being_made(self, asker: Asker, needs: Groundwork | None) -> bool:
        """Tell whether a setup is under way: much less work than to look."""
        if needs is None:
            return False
        async with self._store.read() as tx:
            row = await rows.newest(tx, asker.repo_id, needs.key)
        return row is not None and row.under_way

    async def for_run(self, row: RunRow, needs: Groundwork | None) -> Laid | None:
        """Return what lies below the workspace of an agent; None while it is being made.

        A home is none that strangers may have made: it could tell an agent what to do.

        Raises as `look` does.
        """
        if needs is None:
            return Laid()
        found = await self.look(row, needs)
        if found is None and row.groundwork != needs:
            now = self._clock.now()
            async with self._store.begin() as tx:
                waiting = await runs.note(tx, row, groundwork=asdict(needs))
                await telling.tell(tx, waiting, setups.BEGINS, now=now)
        return replace(found, homes=()) if found and needs.apart else found

    async def look(self, asker: Asker, needs: Groundwork) -> Laid | None:
        """Return what lies below a workspace; None while it is being made, which begins now.

        Raises:
            Unavailable: git, the blobs or the database did not answer, or the disk is full.
        """
        async with self._store.read() as tx:
            row = await rows.newest(tx, asker.repo_id, needs.key)
        if row is not None and row.under_way:
            return None
        verdict = row.verdict if row else None
        if row is None or verdict is None or self._is_old(row, verdict):
            await self._ask(asker, needs)
            return None
        if verdict.outcome != PASSED:
            return Laid(verdict=verdict, at=row.ended_at or 0.0)
        return await self._brought(asker, needs, row, verdict)

    def _is_old(self, row: ValidationRow, verdict: Verdict) -> bool:
        """Tell whether it is to be made anew."""
        passed = verdict.outcome == PASSED
        holds = setups.HOLDS if passed else setups.FAILS_FOR
        lost = passed and row.layer is None
        return lost or (row.ended_at or 0.0) + holds < self._clock.now()

    async def _brought(
        self, asker: Asker, needs: Groundwork, row: ValidationRow, verdict: Verdict
    ) -> Laid | None:
        assert row.layer is not None
        found = self._additions.tree(row.layer)
        try:
            found = found or await self._unpacked(row.layer)
        except LookupError:
            async with self._store.begin() as tx:
                await rows.lost(tx, row)
            await self._ask(asker, needs)
            return None
        except Refused as problem:
            words = f"What it has added {problem.words}"
            spoiled = replace(verdict, outcome="broken", words=words)
            async with self._store.begin() as tx:
                await rows.spoiled(tx, row, spoiled, now=self._clock.now())
            return Laid(verdict=spoiled, at=self._clock.now())
        return Laid(
            layers=(found / WORKSPACE,),
            homes=tuple(path for path in (found / HOME,) if any(path.iterdir())),
            verdict=verdict,
            at=row.ended_at or 0.0,
        )

    async def _unpacked(self, layer: str) -> Path:
        began = self._clock.now()
        found = await self._additions.bring(layer, partial(self._blobs.get_file, layer))
        log.info("setup.unpacked", layer=layer, seconds=round(self._clock.now() - began, 3))
        return found

    async def _ask(self, asker: Asker, needs: Groundwork) -> None:
        """Write a setup down, unless somebody else was faster."""
        now = self._clock.now()
        row = ValidationRow(
            id=self._new_id(),
            run=None,
            installation=asker.installation,
            repo_id=asker.repo_id,
            repo=asker.repo,
            number=asker.number,
            name=SETUP,
            key=needs.key,
            tree=needs.tree,
            base=needs.base,
            work=needs.work,
            definition=setups.definition(needs),
            toolboxes=needs.toolboxes,
            sets_up=True,
            created_at=now,
            next_attempt_at=now,
        )
        if row.tree is None:
            mirror = self._mirrors.path(row.shelf)
            row = replace(row, tree=(await sealed(mirror, needs.base)).tree)
        async with self._store.begin() as tx:
            added = await validations.add(tx, row)
        if added:
            apart = needs.apart or None
            log.info("setup.asked", validation=row.id, repo=row.repo, key=needs.key, apart=apart)

    async def _inputs(self, shelf: Repo, commit: Sha, setup: Setup) -> str:
        if not setup.inputs:
            return inputs.NONE
        lines = await listed(self._mirrors.path(shelf), commit)
        return await asyncio.to_thread(inputs.named, lines, setup.inputs)


def told_of(row: RunRow, laid: Laid) -> Iterator[str]:
    """Yield what people are told of a setup: that it has failed, or how long a run has waited."""
    if laid.verdict is not None and (laid.lacks or laid.at > row.changed_at):
        yield setups.ended(laid.verdict)
