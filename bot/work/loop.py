"""How a loop runs: a step as long as there is something to do, then a wait for a change.

What goes wrong with one row stays its own.  That boundary is `side_by_side`, the one
place in the app that catches everything.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

import structlog

from bot.model.errors import Fenced, Unavailable
from bot.store.changes import Changes

log = structlog.get_logger()

Step = Callable[[], Awaitable[bool]]
"""Does what is due and tells whether there may be more."""

T = TypeVar("T")
Row = TypeVar("Row")


async def run_loop(name: str, step: Step, changes: Changes) -> None:
    """Run `step` until cancelled; what is unavailable is waited for."""
    while True:
        seen = changes.count
        try:
            busy = await step()
        except Unavailable as problem:
            log.warning("loop.unavailable", loop=name, what=problem.what, words=str(problem))
            await asyncio.sleep(problem.retry_after)
        except Fenced as problem:
            log.info("loop.fenced", loop=name, words=str(problem))
        else:
            if not busy:
                await changes.wait(seen)


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run coroutines side by side; when one raises, cancel the others and raise the same."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in work]
    except ExceptionGroup as problems:
        raise problems.exceptions[0] from problems
    return [task.result() for task in tasks]


async def side_by_side(
    rows: Iterable[Row],
    handle: Callable[[Row], Awaitable[None]],
    failed: Callable[[Row, Exception], Awaitable[None]],
) -> None:
    """Handle rows at the same time; `failed` is told of each that raised.

    What `failed` itself raises is raised once all rows are through.
    """

    async def attempt(row: Row) -> None:
        try:
            await handle(row)
        except Exception as problem:  # noqa: BLE001 - the boundary that the docstring names
            await failed(row, problem)

    ends = await asyncio.gather(*(attempt(row) for row in rows), return_exceptions=True)
    for problem in filter(None, ends):
        raise problem
