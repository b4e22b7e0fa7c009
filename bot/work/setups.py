"""What lies below workspaces: found, or asked for and waited for, and brought onto this host.

A setup is one more row of validations, so it runs, dies and ends as they do.  Nobody in
particular waits for it: once begun it comes to its end, and whoever needs it looks.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import structlog

from bot.blobs.blobs import Blobs
from bot.images.additions import Additions
from bot.model.errors import Refused
from bot.model.ids import Repo, Sha, ValidationId
from bot.model.validations import SETUP, Groundwork, Setup, Toolbox, Verdict
from bot.rules import inputs, setups
from bot.rules.additions import HOME, WORKSPACE
from bot.store import setups as rows
from bot.store import validations
from bot.store.run_row import RunRow
from bot.store.validation_row import ValidationRow
from bot.work.context import Context
from bot.workspace.lend import sealed
from bot.workspace.listing import listed
from bot.workspace.mirror import Mirrors

PASSED = "passed"

log = structlog.get_logger()


Asker = RunRow | ValidationRow
"""Who needs a setup."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """It lies on this host.

    Attributes:
        layers: what is below the workspace.
        homes: what is below the home.
        verdict: on the setup that made it.
    """

    layers: tuple[Path, ...]
    homes: tuple[Path, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """It is being made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """It cannot be had."""

    verdict: Verdict


Standing = Ready | UnderWay | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The commits that decide what a workspace stands on.

    Attributes:
        shelf: names the mirror, which has both.
        main: the head of the default branch.
        commit: what the workspace starts from.
        fork: whether strangers may have made that.
    """

    shelf: Repo
    main: Sha
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
        context: Context,
        blobs: Blobs,
        additions: Additions,
        mirrors: Mirrors,
        *,
        platform: str,
        new_id: Callable[[], ValidationId],
    ) -> None:
        self._context = context
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
        main = await self._inputs(ground.shelf, ground.main, setup)
        shared = setups.shared(
            setup, boxes, inputs=main, platform=self._platform, base=ground.main
        )
        here = await self._inputs(ground.shelf, ground.commit, setup)
        if here == main:
            return shared
        return setups.own(
            shared, inputs=here, number=asker.number, fork=ground.fork, base=ground.commit
        )

    async def look(self, asker: Asker, needs: Groundwork) -> Standing:
        """Say how a setup stands, and have it made if nobody has yet.

        Raises:
            Unavailable: git, the blobs or the database did not answer, or the disk is full.
        """
        async with self._context.store.read() as tx:
            row = await rows.newest(tx, asker.repo_id, needs.key)
        if row is not None and row.under_way:
            return UnderWay()
        verdict = row.verdict if row else None
        if row is None or verdict is None or self._is_old(row, verdict):
            await self._ask(asker, needs)
            return UnderWay()
        if verdict.outcome != PASSED:
            return Failed(verdict=verdict)
        return await self._brought(asker, needs, row, verdict)

    def _is_old(self, row: ValidationRow, verdict: Verdict) -> bool:
        """Tell whether it is to be made anew."""
        passed = verdict.outcome == PASSED
        holds = setups.HOLDS if passed else setups.FAILS_FOR
        lost = passed and row.layer is None
        return lost or (row.ended_at or 0.0) + holds < self._context.now()

    async def _brought(
        self, asker: Asker, needs: Groundwork, row: ValidationRow, verdict: Verdict
    ) -> Standing:
        assert row.layer is not None
        found = self._additions.tree(row.layer)
        try:
            found = found or await self._unpacked(row.layer)
        except LookupError:
            async with self._context.store.begin() as tx:
                await rows.lost(tx, row)
            await self._ask(asker, needs)
            return UnderWay()
        except Refused as problem:
            words = f"What it has added {problem.words}"
            spoiled = replace(verdict, outcome="broken", words=words)
            async with self._context.store.begin() as tx:
                await rows.spoiled(tx, row, spoiled, now=self._context.now())
            return Failed(verdict=spoiled)
        return Ready(
            layers=(found / WORKSPACE,),
            homes=tuple(path for path in (found / HOME,) if any(path.iterdir())),
            verdict=verdict,
        )

    async def _unpacked(self, layer: str) -> Path:
        began = self._context.now()
        found = await self._additions.bring(layer, partial(self._blobs.get_file, layer))
        log.info("setup.unpacked", layer=layer, seconds=round(self._context.now() - began, 3))
        return found

    async def _ask(self, asker: Asker, needs: Groundwork) -> None:
        """Write a setup down, unless somebody else was faster."""
        now = self._context.now()
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
        async with self._context.store.begin() as tx:
            added = await validations.add(tx, row)
        if added:
            apart = needs.apart or None
            log.info("setup.asked", validation=row.id, repo=row.repo, key=needs.key, apart=apart)

    async def _inputs(self, shelf: Repo, commit: Sha, setup: Setup) -> str:
        if not setup.inputs:
            return inputs.NONE
        lines = await listed(self._mirrors.path(shelf), commit)
        return await asyncio.to_thread(inputs.named, lines, setup.inputs)
