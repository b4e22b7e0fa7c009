"""How one worker takes rows for a while, so that others leave them alone."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Table, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.schema import deliveries, outbox, runs, validations

Moment = float | BindParameter[float]
"""Unix seconds, or where they are put into a statement."""

LEASED = (deliveries, runs, outbox, validations)
"""The tables whose rows are taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who takes, at what time, and until when (Unix seconds)."""

    worker: str
    now: float
    until: float

    def values(self) -> dict[str, Any]:
        """Return the columns that mark a row as taken."""
        return {"leased_by": self.worker, "leased_until": self.until}


FREE: dict[str, Any] = {"leased_by": None, "leased_until": None}
"""The columns of a row that nobody has."""


def free(table: Table, now: Moment) -> ColumnElement[bool]:
    """Say in SQL that nobody has a row at `now`."""
    return or_(table.c.leased_until.is_(None), table.c.leased_until < now)


async def release_all(tx: AsyncConnection, *, but: str) -> None:
    """Take every lease from every worker `but` one; only where no other can be alive."""
    for table in LEASED:
        await tx.execute(
            update(table)
            .where(table.c.leased_by.is_not(None), table.c.leased_by != but)
            .values(**FREE)
        )
