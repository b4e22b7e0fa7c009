"""A worker: all loops side by side, over one store."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from bot.model.errors import Unavailable
from bot.store import due
from bot.store.changes import Bell
from bot.store.leases import release_all
from bot.work.context import Context
from bot.work.loop import Step, run_loop

TICK = 0.5
"""Seconds after which is looked again for what is due, although nobody has committed anything."""


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
        self._bells = {name: Bell() for name in steps}
        self._unasked = frozenset(steps) - due.loops().keys()

    async def run(self) -> None:
        """Work."""
        store = self._context.store
        if self._alone:
            async with store.begin() as tx:
                await release_all(tx, but=self._context.worker)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(store.changes.listen())
                group.create_task(self._look())
                for name, step in self._steps.items():
                    group.create_task(run_loop(name, step, self._bells[name]))
        finally:
            for pool in self._context.pools:
                await pool.close()

    async def _look(self) -> None:
        """Wake the loops for which a commit, or time, has made something due."""
        store = self._context.store
        while True:
            seen = store.changes.count
            with suppress(Unavailable):
                async with store.read() as rows:
                    found = await due.of(rows, now=self._context.now())
                for name in self._bells.keys() & (found | self._unasked):
                    self._bells[name].ring()
            await store.changes.wait(seen, TICK)
