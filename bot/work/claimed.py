"""Runs that one loop takes, works on and gives back: what the supervisor and delivering share."""

from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy import ColumnElement

from bot.model.errors import Fenced, Refused, Unavailable
from bot.rules.attempts import MOST_FAILURES, pause
from bot.store import runs
from bot.store.run_row import RunRow
from bot.work.context import Context

log = structlog.get_logger()

AT_ONCE = 64
"""Runs that a loop works on side by side; most of them wait for others."""

SOON = 0.05
"""Seconds until a run that moved while we worked is looked at as it is now."""

BROKEN = 30.0
"""Seconds until a run is looked at again whose handling failed in a way nobody foresaw."""


class ClaimedRuns:
    """The runs for which `which` holds, handled under a lease.

    Args:
        handle: works on a run and returns the seconds until it is looked at again.
        refused: ends a run that somebody outside said no to, with the words of the refusal;
            also one that failed too often.
    """

    def __init__(
        self,
        context: Context,
        which: ColumnElement[bool],
        handle: Callable[[RunRow], Awaitable[float]],
        refused: Callable[[RunRow, str], Awaitable[None]],
    ) -> None:
        self._context = context
        self._which = which
        self._handle = handle
        self._refused = refused
        self._pool = context.pool(AT_ONCE)

    async def step(self) -> bool:
        """Begin with the runs that are due; True when there was one."""
        store, room = self._context.store, self._pool.room
        async with store.read() as rows:
            if not room or not await runs.due(rows, self._which, now=self._context.now()):
                return False
        async with store.begin() as tx:
            taken = await runs.claim(tx, self._context.lease(), self._which, most=room)
        for row in taken:
            self._pool.add(row.id, row, self._work_on, self._failed)
        return bool(taken)

    async def _work_on(self, row: RunRow) -> None:
        await self._release(row, await self._handle(row), failures=0)

    async def _failed(self, row: RunRow, problem: Exception) -> None:
        match problem:
            case Fenced():
                await self._release(row, SOON, failures=row.failures)
            case Refused():
                await self._refused(row, problem.words)
                await self._release(row, 0.0, failures=0)
            case Unavailable():
                log.warning("run.unavailable", run=row.id, words=str(problem))
                await self._again(row, problem.retry_after, str(problem))
            case _:
                log.error("run.failed", run=row.id, exc_info=problem)
                await self._again(row, BROKEN, "Something went wrong here.")

    async def _again(self, row: RunRow, wait: float, words: str) -> None:
        """Try later, longer each time, and give up in the end: a run must not hold its slots."""
        failures = row.failures + 1
        if failures >= MOST_FAILURES:
            await self._refused(row, f"Given up after {failures} tries: {words}")
        await self._release(row, max(wait, pause(failures)), failures=failures)

    async def _release(self, row: RunRow, wait: float, *, failures: int) -> None:
        worker, next_at = self._context.worker, self._context.now() + wait
        async with self._context.store.begin() as tx:
            await runs.release(tx, row, worker=worker, next_at=next_at, failures=failures)
