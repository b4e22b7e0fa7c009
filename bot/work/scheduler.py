"""Queued runs start when their slots are free."""

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.rules.admission import Capacity, Queued, admit
from bot.rules.lifecycle import Signal
from bot.store import queue, runs
from bot.store.run_row import RunRow
from bot.work import telling
from bot.work.context import Context

log = structlog.get_logger()

LOOKED_AT = 100
"""Queued runs that one decision looks at."""


class Scheduler:
    """Admits queued runs, in one transaction with the slots that they take."""

    def __init__(self, context: Context, capacity: Capacity) -> None:
        self._context = context
        self._capacity = capacity

    async def step(self) -> bool:
        """Admit what may start now; True when something did."""
        now = self._context.now()
        async with self._context.store.read() as rows:
            if not await queue.any_queued(rows, now=now):
                return False
        async with self._context.store.begin() as tx:
            of_repo = self._capacity.repo
            found = await queue.queued(tx, now=now, most=LOOKED_AT, of_repo=of_repo)
            waiting = {row.id: row for row in found}
            queued = [
                Queued(run=row.id, repo=row.repo, at_once=row.terms.at_once)
                for row in waiting.values()
            ]
            admitted = 0
            for each in admit(queued, await queue.taken_slots(tx), self._capacity):
                row = waiting[each.run]
                taken = [await queue.take_slot(tx, row.id, *slot) for slot in each.slots.items()]
                if not all(taken):  # another worker was faster; look again at the next step
                    await runs.free_slots(tx, row.id)
                    continue
                await self._admit(tx, row, now)
                admitted += 1
        return admitted > 0

    async def _admit(self, tx: AsyncConnection, row: RunRow, now: float) -> None:
        running = await runs.signal(tx, row, Signal.ADMITTED, now=now)
        await telling.tell(tx, running, "Preparing a workspace", now=now)
        log.info("run.admitted", run=row.id, repo=row.repo)
