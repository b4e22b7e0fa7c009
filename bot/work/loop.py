"""How a loop runs: a step as long as there is something to do, then a wait for a change."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.model.errors import Fenced, Unavailable
from bot.store.changes import Changes

log = structlog.get_logger()

Step = Callable[[], Awaitable[bool]]
"""Does what is due and tells whether there may be more."""


async def run_loop(name: str, step: Step, changes: Changes) -> None:
    """Run `step` until cancelled; what is unavailable is waited for."""
    while True:
        seen = changes.count
        try:
            busy = await step()
        except Unavailable as problem:
            log.warning("loop.unavailable", loop=name, what=problem.what, words=str(problem))
            await asyncio.sleep(problem.retry_after)
            continue
        except Fenced as problem:
            log.info("loop.fenced", loop=name, words=str(problem))
            continue
        if not busy:
            await changes.wait(seen)
