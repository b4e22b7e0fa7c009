"""What an agent asks to have validated, answered at once from what is known, or run once.

An agent names a validation and nothing else.  What the name stands for is in the terms of its
run; the tree comes from its harness, with work that the run has left a moment ago.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.clock import Clock
from bot.model.errors import Fenced, Refused, Unavailable
from bot.model.ids import RunId, Sha, ValidationId
from bot.model.validations import COMING, Definition, Verdict
from bot.rules import validation
from bot.rules.lifecycle import Run
from bot.store import jobs, runs, validations
from bot.store.engine import Store
from bot.store.run_row import RunRow
from bot.store.validation_row import AHEAD, GIVEN_UP, ValidationRow
from bot.work import telling, validated

MOST_ASKED = 300
"""Validations that one run may ask for."""

MOST_AHEAD = 100
"""Those of one run up to which some begin that it has not asked for."""

MOST_UNDER_WAY = 4
"""Those of one run that may be under way side by side."""

HOLDS = 30 * 24 * 3600.0
"""Seconds for which a verdict answers whoever asks for the same again."""

MOST_HITS = 100
"""Times that asking for the same again is counted."""

LOOKS_AGAIN = 1.0
"""Seconds after which is looked whether another process has said something."""

MANY = f"A run may ask for {MOST_ASKED} validations, and this one has."
MANY_AHEAD = f"With {MOST_AHEAD} validations, a run has no more that begin before it asks."
BUSY = f"{MOST_UNDER_WAY} validations of this run are under way; wait for one of them."

SETTLES = 1.0
"""Seconds in which a question is likely to be launched, or answered: one write shows it all."""

NO_WORK = Verdict(
    outcome="broken", exit=None, seconds=0.0, words="What was changed could not be handed in."
)
"""What comes of a validation whose tree nobody can make."""

_TRIES = 3
"""Times that one is entered: each fails only where another of its key has just come or gone."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """What is to be validated.

    Attributes:
        sha: Git's name of it.
        work: the blob with what differs from the job's base; None for nothing, and `COMING`
            while it is on its way.
    """

    sha: Sha
    work: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a validation stands.

    Attributes:
        cached: whether nothing was run for it, since the same was run for another.
        printed: bytes that it has printed in all; the last of them are `output`.
        verdict: what came of it; None while it is under way.
        wants_work: whether whoever has asked is still to hand in the work of its tree.
    """

    id: ValidationId
    under_way: bool
    cached: bool
    printed: int = 0
    output: bytes = b""
    verdict: Verdict | None = None
    wants_work: bool = False


class Validator:
    """Answers the agents, beside the broker.

    Every method takes the run token of a job; all raise Refused `unknown_token` for a token
    that nobody has, and Fenced for that of a job that is not at work for its run any more.
    """

    def __init__(self, store: Store, clock: Clock, new_id: Callable[[], ValidationId]) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id

    async def ask(self, token: SecretStr, name: str, tree: Tree) -> Standing:
        """Have a validation run, unless what comes of it is known, or is found out already.

        A caller that heard no answer asks again, and gets the same one.  Work may follow the
        question: its job comes up meanwhile, and for a tree that is known none is needed.

        Raises:
            Refused: `validation`, there is none of this name; `blob`, the run has left no such
                work; `limit`, `busy`: it has asked too often, or for too many side by side.
        """
        async with self._store.begin() as tx:
            run = await _at_work(tx, token)
            definition = validation.may_ask(name, run.terms.validations)
            if tree.work not in {None, COMING}:
                _has_left(run, tree.work)
            row, answered = await self._asked(tx, run, self._row(run, definition, tree))
        log.info("validation.asked", run=run.id, validation=row.id, name=name, known=answered)
        return replace(_standing(row, cached=answered), wants_work=_waits_for(row, run))

    async def begin(self, token: SecretStr, name: str, tree: Tree) -> Standing:
        """Have a validation begin for which nobody has asked yet, if there is room for it.

        Of those that began for another tree nobody will hear any more.

        Raises:
            Refused: as `ask` does.
        """
        async with self._store.begin() as tx:
            run = await _at_work(tx, token)
            definition = validation.may_begin(name, run.terms.validations)
            if tree.work not in {None, COMING}:
                _has_left(run, tree.work)
            row = self._row(run, definition, tree)
            row = replace(row, asked={**(row.asked or {}), AHEAD: True})
            before = await validations.asked_before(tx, row)
            if before is None:
                await self._leave_behind(tx, run, tree.sha)
                await _bound_ahead(tx, run)
                before = await entered(tx, row)
                log.info("validation.ahead", run=run.id, validation=before.id, name=name)
        return replace(_standing(before, cached=False), wants_work=_waits_for(before, run))

    async def supply(self, token: SecretStr, name: ValidationId, work: str | None) -> None:
        """Hand in the work that was to follow a question, or say that none will: safe to repeat.

        Raises:
            Refused: `no_validation`, the run has asked for no such; `blob`, it has left no such
                work.
        """
        async with self._store.begin() as tx:
            run = await _at_work(tx, token)
            row = await _of(tx, run, name)
            if not _waits_for(row, run):
                return
            if work is None:
                await validated.end(tx, row, NO_WORK, now=self._clock.now())
            else:
                _has_left(run, work)
                wakes = {"next_attempt_at": self._clock.now()} if row.key is None else {}
                await validations.note(tx, row, work=work, **wakes)

    async def watch(self, token: SecretStr, name: ValidationId) -> Standing:
        """Say how a validation stands that the job's run has asked for.

        Raises:
            Refused: `no_validation`, it has asked for no such.
        """
        async with self._store.read() as tx:
            run = await _at_work(tx, token, read=runs.find)
            row = await _of(tx, run, name)
            ran = (row.follows and await validations.find(tx, row.follows)) or row
            output = await validations.output(tx, ran.id)
        return replace(_standing(row, cached=row.cached), printed=ran.printed, output=output)

    async def news(
        self, token: SecretStr, name: ValidationId, *, after: int, seconds: float
    ) -> Standing:
        """Wait until one has printed more than `after` bytes, or is not under way any more.

        Returns after `seconds` at the latest; raises as `watch` does.
        """
        loop, changes = asyncio.get_running_loop(), self._store.changes
        until = loop.time() + seconds
        while True:
            seen = changes.count
            standing = await self.watch(token, name)
            left = until - loop.time()
            if standing.printed > after or not standing.under_way or left <= 0:
                return standing
            await changes.wait(seen, min(left, LOOKS_AGAIN))

    async def _asked(
        self, tx: AsyncConnection, run: RunRow, row: ValidationRow
    ) -> tuple[ValidationRow, bool]:
        """Write an agent's question down; tell whether it was answered at once."""
        before = await validations.asked_before(tx, row)
        if any(each.speculate for each in run.terms.validations):
            await self._leave_behind(tx, run, row.tree)
            if before is not None and before.ahead:
                before = await self._asked_for(tx, before.id)
                await telling.refresh(tx, run, now=self._clock.now())
                return before, not before.under_way
        if before is not None and before.under_way:
            return before, False
        if before is not None and before.hits >= MOST_HITS:
            return before, True
        if before is not None:
            await validations.hit(tx, before.id)  # shown with what is shown next
            return before, True
        await _bound(tx, run)
        new = await entered(tx, row)
        await telling.refresh(tx, run, now=self._clock.now(), settles=SETTLES)
        return new, not new.under_way

    async def _asked_for(self, tx: AsyncConnection, name: ValidationId) -> ValidationRow:
        """Make one that began ahead one that was asked for now."""
        row, now = await validations.get(tx, name), self._clock.now()
        said = {word: value for word, value in (row.asked or {}).items() if word != AHEAD}
        there = {} if row.under_way else {"ended_at": now, "cached": True}
        return await validations.note(tx, row, asked=said, created_at=now, **there)

    async def _leave_behind(self, tx: AsyncConnection, run: RunRow, tree: Sha | None) -> None:
        """Have nobody wait any more for what began ahead for another tree."""
        for row in await validations.ahead(tx, run.id):
            if row.tree != tree:
                said = {**(row.asked or {}), AHEAD: GIVEN_UP}
                await validations.note(tx, row, asked=said, next_attempt_at=self._clock.now())

    def _row(self, run: RunRow, definition: Definition, tree: Tree) -> ValidationRow:
        assert run.base is not None  # of a run that has a job
        now = self._clock.now()
        named = [each for each in run.terms.toolboxes if each.name in definition.toolboxes]
        apart = str(run.number) if run.fork else ""
        needs = run.groundwork
        setup = needs.key if needs else ""
        key = validation.key(definition, tree=tree.sha, toolboxes=named, setup=setup, apart=apart)
        # which files decide it, or what it stands on, git is asked first
        unknown = definition.inputs or (needs and needs.setup.inputs)
        return ValidationRow(
            id=self._new_id(),
            run=run.id,
            installation=run.installation,
            repo_id=run.repo_id,
            repo=run.repo,
            number=run.number,
            name=definition.name,
            key=None if unknown else key,
            tree=tree.sha,
            base=run.base,
            work=tree.work,
            definition=definition,
            toolboxes=tuple(named),
            asked={"fork": run.fork},
            needs=needs,
            created_at=now,
            next_attempt_at=now,
        )


async def entered(tx: AsyncConnection, row: ValidationRow) -> ValidationRow:
    """Write a new validation down: answered, behind one of its key, or to be run.

    Raises:
        Unavailable: others of its key come and go all the time.
    """
    for _ in range(_TRIES):
        if await validations.add(tx, entering := await placed(tx, row)):
            return entering
    raise Unavailable("database", f"validation {row.id} finds no place", retry_after=1.0)


async def placed(tx: AsyncConnection, row: ValidationRow) -> ValidationRow:
    """Return a validation as it is with regard to others of its key."""
    key, now = row.key or "", row.created_at
    # in this order: what has come to its end in between is found by the second look
    leader = await validations.leading(tx, row.repo_id, key)
    if leader is not None:
        return replace(row, follows=leader.id)
    known = await validations.known(tx, row.repo_id, key, now - HOLDS)
    if known is None:
        return row
    return replace(row, state="done", verdict=known.verdict, cached=True, ended_at=now)


def _standing(row: ValidationRow, *, cached: bool) -> Standing:
    return Standing(id=row.id, under_way=row.under_way, cached=cached, verdict=row.verdict)


async def _of(tx: AsyncConnection, run: RunRow, name: ValidationId) -> ValidationRow:
    row = await validations.find(tx, name)
    if row is None or row.run != run.id:
        raise Refused("no_validation", "This run has asked for no such validation.")
    return row


def _waits_for(row: ValidationRow, run: RunRow) -> bool:
    """Tell whether a run is to hand in work: nobody else can who has another base."""
    coming = row.under_way and row.follows is None and row.work == COMING
    return coming and (row.run, row.base) == (run.id, run.base)


def _has_left(run: RunRow, work: str | None) -> None:
    if work != (run.checkpoint and run.checkpoint.work):
        raise Refused("blob", "The run has left no such work.")


async def _bound(tx: AsyncConnection, run: RunRow) -> None:
    if await validations.count(tx, run.id) >= MOST_ASKED:
        raise Refused("limit", MANY)
    if await validations.under_way(tx, run.id) >= MOST_UNDER_WAY:
        raise Refused("busy", BUSY)


async def _bound_ahead(tx: AsyncConnection, run: RunRow) -> None:
    """Leave the larger part of what a run may ask for to its agent."""
    if await validations.count(tx, run.id) >= MOST_AHEAD:
        raise Refused("limit", MANY_AHEAD)
    if len(await validations.ahead(tx, run.id)) >= MOST_UNDER_WAY:
        raise Refused("busy", BUSY)


async def _at_work(
    tx: AsyncConnection,
    token: SecretStr,
    read: Callable[[AsyncConnection, RunId], Awaitable[RunRow | None]] = runs.get,
) -> RunRow:
    """Return the run of a token, if its job is current and its agent at work."""
    job = await jobs.by_run_token(tx, token)
    run = await read(tx, job.run) if job else None
    if job is None or run is None:
        raise Refused("unknown_token", "This token opens nothing.")
    if run.fence != job.fence or run.state is not Run.RUNNING or job.ended_at is not None:
        raise Fenced(f"job {job.name} is not at work any more")
    return run
