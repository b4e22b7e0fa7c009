"""What is due, by the loop that works it off, in one query.

Loops are many and commits are more: one look for all of them, and only who has something to
do is woken.  It also finds what time makes due, without a commit.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.rules.delivering import DELIVERY
from bot.rules.lifecycle import Compute
from bot.rules.waiting import START, WAKES
from bot.store import inbox, outbox, queue, runs, validation_jobs
from bot.store.schema import runs as table


def resting() -> ColumnElement[bool]:
    """Say in SQL that a run waits for CI or people; one with a runner is the supervisor's."""
    return and_(runs.parked_for(*WAKES), table.c.compute == Compute.NONE.value)


@cache
def loops() -> Mapping[str, Select[tuple[int]] | Select[tuple[str]]]:
    """Return what each loop works off, by its name; `:now` is in Unix seconds."""
    now = bindparam("now", type_=Float)
    return {
        "inbox": inbox.waiting(now),
        "reporter": outbox.waiting(now),
        "supervisor": runs.waiting(runs.OWED, now),
        "scheduler": runs.waiting(queue.QUEUED, now),
        "delivering": runs.waiting(runs.parked_for(DELIVERY), now),
        "approvals": runs.waiting(runs.parked_for(START), now),
        "waits": runs.waiting(resting(), now),
        "validations": validation_jobs.waiting(now),
    }


async def of(tx: AsyncConnection, *, now: float) -> frozenset[str]:
    """Return the names of the loops that would find a row at `now` (Unix seconds)."""
    found = (await tx.execute(_question(), {"now": now})).mappings().one()
    return frozenset(name for name, is_due in found.items() if is_due)


@cache
def _question() -> Select[Any]:
    # One column for each index: SQLite scans the table where two are joined by OR.
    columns: list[Any] = [each.exists().label(name) for name, each in loops().items()]
    return select(*columns)
