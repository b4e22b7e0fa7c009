"""Rows that one loop takes, works on and gives back: what is done where something goes wrong."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import structlog
from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.errors import Fenced, Refused, Unavailable
from bot.rules.attempts import MOST_FAILURES, pause
from bot.store import runs
from bot.store.leases import Lease
from bot.store.run_row import RunRow
from bot.work.context import Context

log = structlog.get_logger()

AT_ONCE = 64
"""Rows that a loop works on side by side; most of them wait for others."""

SOON = 0.05
"""Seconds until a row that moved while we worked is looked at as it is now."""

BROKEN = 30.0
"""Seconds until a row is looked at again whose handling failed in a way nobody foresaw."""


class Tried(Protocol):
    """A row that tells how often in succession its handling failed."""

    @property
    def id(self) -> str:
        """Its name."""
        ...

    @property
    def failures(self) -> int:
        """How often; 0 after it went well."""
        ...


Row = TypeVar("Row", bound=Tried)


class Rows(Protocol[Row]):
    """How the rows of a loop are found, taken and given back: what a module of the store does."""

    async def due(self, tx: AsyncConnection, /, *, now: float) -> bool:
        """Tell whether `claim` would find something, without taking any lock."""
        ...

    async def claim(self, tx: AsyncConnection, lease: Lease, /, *, most: int) -> Sequence[Row]:
        """Take those that are due."""
        ...

    async def release(
        self,
        tx: AsyncConnection,
        row: Row,
        /,
        *,
        worker: str,
        next_at: float,
        failures: int,
    ) -> None:
        """Give one back, to be looked at again at `next_at`, or when whoever moved it says."""
        ...


class Claimed(Generic[Row]):
    """The rows of one loop, handled under a lease.

    Args:
        rows: where they are.
        handle: works on one and returns the seconds until it is looked at again.
        refused: ends one that somebody outside said no to, with the words of the refusal;
            also one that failed too often.
    """

    def __init__(
        self,
        context: Context,
        rows: Rows[Row],
        handle: Callable[[Row], Awaitable[float]],
        refused: Callable[[Row, str], Awaitable[None]],
    ) -> None:
        self._context = context
        self._rows = rows
        self._handle = handle
        self._refused = refused
        self._pool = context.pool(AT_ONCE)

    async def step(self) -> bool:
        """Begin with those that are due; True when there was one."""
        store, room = self._context.store, self._pool.room
        async with store.read() as tx:
            if not room or not await self._rows.due(tx, now=self._context.now()):
                return False
        async with store.begin() as tx:
            taken = await self._rows.claim(tx, self._context.lease(), most=room)
        for row in taken:
            self._pool.add(row.id, row, self._work_on, self._failed)
        return bool(taken)

    async def _work_on(self, row: Row) -> None:
        await self._release(row, await self._handle(row), failures=0)

    async def _failed(self, row: Row, problem: Exception) -> None:
        match problem:
            case Fenced():
                await self._release(row, SOON, failures=row.failures)
            case Refused():
                await self._refused(row, problem.words)
                await self._release(row, 0.0, failures=0)
            case Unavailable():
                log.warning("row.unavailable", row=row.id, words=str(problem))
                await self._again(row, problem.retry_after, str(problem))
            case _:
                log.error("row.failed", row=row.id, exc_info=problem)
                await self._again(row, BROKEN, "Something went wrong here.")

    async def _again(self, row: Row, wait: float, words: str) -> None:
        """Try later, longer each time, and give up in the end: a row must not hold its slots."""
        failures = row.failures + 1
        if failures >= MOST_FAILURES:
            await self._refused(row, f"Given up after {failures} tries: {words}")
        await self._release(row, max(wait, pause(failures)), failures=failures)

    async def _release(self, row: Row, wait: float, *, failures: int) -> None:
        worker, next_at = self._context.worker, self._context.now() + wait
        async with self._context.store.begin() as tx:
            await self._rows.release(tx, row, worker=worker, next_at=next_at, failures=failures)


@dataclass(frozen=True, slots=True)
class RunsWhere:
    """The runs for which something holds."""

    which: ColumnElement[bool]

    async def due(self, tx: AsyncConnection, *, now: float) -> bool:
        """Tell whether there are any that are due."""
        return await runs.due(tx, self.which, now=now)

    async def claim(self, tx: AsyncConnection, lease: Lease, *, most: int) -> Sequence[RunRow]:
        """Take those that are due."""
        return await runs.claim(tx, lease, self.which, most=most)

    async def release(
        self, tx: AsyncConnection, row: RunRow, *, worker: str, next_at: float, failures: int
    ) -> None:
        """Give one back."""
        await runs.release(tx, row, worker=worker, next_at=next_at, failures=failures)
