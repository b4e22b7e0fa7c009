"""Drains the outbox: makes GitHub look as wished, each thing once.

A create that got no answer is never simply repeated.  It is written down before it is
sent; should the answer be lost, the next try waits for GitHub's lists to catch up,
searches, and creates only what is not there.  When lists lag longer than that, a later
look removes the twin.
"""

from collections.abc import Mapping

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.errors import Fenced, Refused, Unavailable
from bot.model.priorities import Priority
from bot.rules.attempts import pause
from bot.store import outbox, runs
from bot.store.outbox import OutboxRow, Wish
from bot.work import telling
from bot.work.context import Context
from bot.work.writers import Act, Thing

log = structlog.get_logger()

AT_ONCE = 64
"""Wishes that are brought about side by side; most wait their turn at the client's limits."""

LAG = 5.0
"""Seconds that GitHub's lists may need to show what was just made."""

HEALS_AFTER = 60.0
"""Seconds after which a list is believed to show everything."""

TOGETHER = 1.0
"""Seconds within which changes of one target become one write."""

TRIES_NOT_FOUND = 4
"""Tries for which `not found` may only mean that GitHub has not caught up with itself."""

TRIES_UNPROCESSABLE = 7
"""Tries for which a refusal may only mean that a list hides what a try before has made."""


class Reporter:
    """Brings about wishes."""

    def __init__(
        self, context: Context, acts: Mapping[str, Act], things: Mapping[str, Thing]
    ) -> None:
        self._context = context
        self._pool = context.pool(AT_ONCE)
        self._acts = acts
        self._things = things

    async def step(self) -> bool:
        """Bring about what is due; True when there was something."""
        room = self._pool.room
        async with self._context.store.read() as rows:
            if not room or not await outbox.due(rows, now=self._context.now()):
                return False
        async with self._context.store.begin() as tx:
            due = await outbox.claim(tx, self._context.lease(), most=room)
        for row in due:
            self._pool.add(row.id, row, self._do, self._failed)
        return bool(due)

    async def _do(self, row: OutboxRow) -> None:
        await self._made(row, await self._bring_about(row))

    async def _failed(self, row: OutboxRow, problem: Exception) -> None:
        match problem:
            case Unavailable():
                log.warning("outbox.unavailable", target=row.target, words=str(problem))
                wait = max(problem.retry_after, LAG if problem.sent else 0.0)
                await self._again(row, wait, counts=False)
            case Fenced():
                log.info("outbox.fenced", target=row.target)
            case Refused(reason="not_found") if row.attempts <= TRIES_NOT_FOUND:
                await self._again(row, pause(row.attempts))
            case Refused(reason="unprocessable") if (
                row.tried and row.attempts <= TRIES_UNPROCESSABLE
            ):
                await self._again(row, pause(row.attempts))
            case Refused():
                await self._refused(row, problem)
            case _:
                log.error("outbox.failed", target=row.target, exc_info=problem)
                await self._again(row, pause(row.attempts))

    async def _bring_about(self, row: OutboxRow) -> str | None:
        at = self._context.github.at(row.installation, row.repo)
        if row.kind in self._acts:
            return await self._acts[row.kind].do(at, row)
        thing = self._things[row.kind]
        if row.external_id is not None:
            await thing.edit(at, row, row.external_id)
            return row.external_id
        found = await thing.find(at, row) if row.tried else None
        if found is not None:
            await thing.edit(at, row, found)
            return found
        return await self._create(thing, row)

    async def _create(self, thing: Thing, row: OutboxRow) -> str:
        worker, now = self._context.worker, self._context.now()
        async with self._context.store.begin() as tx:
            if not await outbox.trying(tx, row, worker=worker, until=now + LAG):
                raise Fenced(f"wish {row.target} was taken over")
        return await thing.create(self._context.github.at(row.installation, row.repo), row)

    async def _made(self, row: OutboxRow, external_id: str | None) -> None:
        worker, now = self._context.worker, self._context.now()
        async with self._context.store.begin() as tx:
            await self._poke(tx, row, now)
            if not await outbox.made(
                tx, row, worker=worker, external_id=external_id, until=now + TOGETHER
            ):
                raise Fenced(f"wish {row.target} was taken over")
            if row.run and row.kind == "pull" and external_id:
                await telling.opened(tx, row.run, int(external_id), now=now)
            if row.tried and row.external_id is None and row.kind == "comment":
                heal = _heal(row, external_id)
                await outbox.wish(tx, heal, now=now, not_before=now + HEALS_AFTER)
        log.info("outbox.made", target=row.target, version=row.version)

    async def _poke(self, tx: AsyncConnection, row: OutboxRow, now: float) -> None:
        """Have a run that waits for it looked at.

        First of all in a transaction: a run's row is locked before its wishes.
        """
        if row.run and row.kind in {"branch", "pull"}:
            await runs.poke(tx, row.run, now=now)

    async def _again(self, row: OutboxRow, seconds: float, *, counts: bool = True) -> None:
        worker, until = self._context.worker, self._context.now() + seconds
        async with self._context.store.begin() as tx:
            await outbox.postpone(tx, row, worker=worker, until=until, counts=counts)

    async def _refused(self, row: OutboxRow, problem: Refused) -> None:
        async with self._context.store.begin() as tx:
            await self._poke(tx, row, self._context.now())
            if not await outbox.refuse(tx, row, worker=self._context.worker, words=problem.words):
                return
        log.warning("outbox.refused", target=row.target, reason=problem.reason)


def _may_be_hidden(row: OutboxRow) -> bool:
    """Tell whether a list may still hide what a try before has made."""
    return row.tried and row.attempts <= TRIES_UNPROCESSABLE


def _heal(row: OutboxRow, kept: str | None) -> Wish:
    """Wish that of the comments which earlier tries may have left only `kept` remains."""
    return Wish(
        target=f"heal:{row.target}",
        kind="heal",
        run=row.run,
        installation=row.installation,
        repo=row.repo,
        wish={"number": row.wish["number"], "marker": row.wish["marker"], "kept": kept},
        priority=Priority.PROGRESS,
    )
