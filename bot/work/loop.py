"""How a loop runs: a step as long as there is something to do, then a wait for a change.

What goes wrong with one row stays its own.  That boundary is in `Pool`, the one place in
the app that catches everything.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from bot.model.errors import Fenced, Unavailable
from bot.store.changes import Bell

log = structlog.get_logger()

Step = Callable[[], Awaitable[bool]]
"""Does what is due and tells whether there may be more."""

Row = TypeVar("Row")


async def run_loop(name: str, step: Step, bell: Bell) -> None:
    """Run `step` until cancelled, and when the bell rings; what is unavailable is waited for."""
    while True:
        seen = bell.count
        try:
            busy = await step()
        except Unavailable as problem:
            log.warning("loop.unavailable", loop=name, what=problem.what, words=str(problem))
            await asyncio.sleep(problem.retry_after)
        except Fenced as problem:
            log.info("loop.fenced", loop=name, words=str(problem))
        else:
            if not busy:
                await bell.wait(seen)


class Pool:
    """Rows that are handled side by side, each by a task of its own, up to a bound.

    A step fills it and goes on: a row that takes long holds up no other.

    Args:
        most: rows at once.
        done: called when there is room again.
    """

    def __init__(self, most: int, done: Callable[[], None]) -> None:
        self._most = most
        self._done = done
        self._tasks: dict[object, asyncio.Task[None]] = {}

    @property
    def room(self) -> int:
        """How many more rows may come."""
        return self._most - len(self._tasks)

    def add(
        self,
        key: object,
        row: Row,
        handle: Callable[[Row], Awaitable[None]],
        failed: Callable[[Row, Exception], Awaitable[None]],
    ) -> None:
        """Handle a row; `failed` is told when that raised.

        A row that is still being handled is left to it: its lease ran out and is ours again.
        """
        if key not in self._tasks:
            task = asyncio.create_task(_attempt(row, handle, failed))
            self._tasks[key] = task
            task.add_done_callback(lambda _: self._ended(key))

    def _ended(self, key: object) -> None:
        task = self._tasks.pop(key)
        if not task.cancelled() and (problem := task.exception()):
            log.error("row.abandoned", row=str(key), exc_info=problem)
        self._done()

    async def idle(self) -> None:
        """Return once every row that came is through."""
        while self._tasks:
            await asyncio.wait(set(self._tasks.values()))

    async def close(self) -> None:
        """Cancel what is being handled; its leases run out."""
        for task in self._tasks.values():
            task.cancel()
        await self.idle()


async def _attempt(
    row: Row,
    handle: Callable[[Row], Awaitable[None]],
    failed: Callable[[Row, Exception], Awaitable[None]],
) -> None:
    try:
        await handle(row)
    except Exception as problem:  # noqa: BLE001 - the boundary that the docstring names
        await failed(row, problem)
