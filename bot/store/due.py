"""Whether anything at all is due, in one query: time makes rows due without a commit."""

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.rules.lifecycle import Run
from bot.store import inbox, outbox, runs
from bot.store.schema import runs as table


async def anything(tx: AsyncConnection, *, now: float) -> bool:
    """Tell whether some loop would find a row at `now` (Unix seconds)."""
    wanted = or_(runs.OWED, table.c.state == Run.QUEUED, runs.parked_for("delivery"))
    found = [inbox.waiting(now), outbox.waiting(now), runs.waiting(wanted, now)]
    query = select(or_(*(each.exists() for each in found)))
    return bool((await tx.execute(query)).scalar())
