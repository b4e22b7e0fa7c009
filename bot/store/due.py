"""Whether anything at all is due, in one query: time makes rows due without a commit."""

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.rules.delivering import DELIVERY
from bot.rules.lifecycle import Compute
from bot.rules.waiting import START, WAKES
from bot.store import inbox, outbox, queue, runs
from bot.store.schema import runs as table


def resting() -> ColumnElement[bool]:
    """Say in SQL that a run waits for CI or people; one with a runner is the supervisor's."""
    return and_(runs.parked_for(*WAKES), table.c.compute == Compute.NONE.value)


async def anything(tx: AsyncConnection, *, now: float) -> bool:
    """Tell whether some loop would find a row at `now` (Unix seconds)."""
    # One question for each index: SQLite scans the table where two are joined by OR.
    found = [
        inbox.waiting(now),
        outbox.waiting(now),
        runs.waiting(runs.OWED, now),
        runs.waiting(queue.QUEUED, now),
        runs.waiting(runs.parked_for(DELIVERY), now),
        runs.waiting(runs.parked_for(START), now),
        runs.waiting(resting(), now),
    ]
    query = select(or_(*(each.exists() for each in found)))
    return bool((await tx.execute(query)).scalar())
