"""Setups: rows of validations that leave layers, found by what they are made of."""

from dataclasses import asdict

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.validations import Verdict
from bot.store.schema import validations as table
from bot.store.validation_row import COLUMNS, UNDER_WAY, ValidationRow, first
from bot.store.validation_table import WAITING


async def newest(tx: AsyncConnection, repo_id: int, key: str) -> ValidationRow | None:
    """Return the last setup of a key; while one is under way there is no other after it."""
    query = select(*COLUMNS).where(table.c.repo_id == repo_id, table.c.key == key)
    return await first(tx, query.where(table.c.sets_up).order_by(table.c.id.desc()))


async def wake(tx: AsyncConnection, row: ValidationRow, *, now: float) -> None:
    """Have those looked at now that wait for a setup."""
    waiting = table.c.repo_id == row.repo_id, table.c.needs_key == row.key, text(WAITING)
    await tx.execute(update(table).where(*waiting).values(next_attempt_at=now))


async def lost(tx: AsyncConnection, row: ValidationRow) -> None:
    """Forget a layer of which the blob is gone."""
    mine = table.c.id == row.id, table.c.layer == row.layer
    await tx.execute(update(table).where(*mine).values(layer=None))


async def spoiled(
    tx: AsyncConnection, row: ValidationRow, verdict: Verdict, *, now: float
) -> None:
    """Write down that what a setup has left cannot be used."""
    mine = table.c.id == row.id, table.c.layer == row.layer
    told = {"outcome": verdict.outcome, "verdict": asdict(verdict), "ended_at": now}
    await tx.execute(update(table).where(*mine).values(layer=None, **told))


async def blobs(tx: AsyncConnection, *, since: float) -> frozenset[str]:
    """Return the layers that somebody may still want."""
    fresh = (table.c.ended_at >= since) | table.c.state.in_(UNDER_WAY)
    query = select(table.c.layer).where(table.c.layer.is_not(None), fresh)
    return frozenset((await tx.execute(query)).scalars())
