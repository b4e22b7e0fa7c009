"""A worker: all loops side by side, over one store."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from bot.model.errors import Unavailable
from bot.store import due
from bot.store.leases import release_all
from bot.work.context import Context
from bot.work.loop import Step, run_loop

TICK = 0.5
"""Seconds between two looks whether something has become due."""


class Worker:
    """Runs the loops until it is cancelled.

    Args:
        steps: the loops by name.
        alone: no other worker can be alive on this database, so that leases of a
            worker that died are taken back at once instead of outwaited.
    """

    def __init__(self, context: Context, steps: Mapping[str, Step], *, alone: bool) -> None:
        self._context = context
        self._steps = steps
        self._alone = alone

    async def run(self) -> None:
        """Work."""
        store = self._context.store
        if self._alone:
            async with store.begin() as tx:
                await release_all(tx, but=self._context.worker)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(store.changes.listen())
                group.create_task(self._tick())
                for name, step in self._steps.items():
                    group.create_task(run_loop(name, step, store.changes))
        finally:
            for pool in self._context.pools:
                await pool.close()

    async def _tick(self) -> None:
        """Wake the loops when time, and no commit, has made something due."""
        store = self._context.store
        while True:
            await asyncio.sleep(TICK)
            with suppress(Unavailable):
                async with store.read() as rows:
                    if await due.anything(rows, now=self._context.now()):
                        store.changes.announce()
