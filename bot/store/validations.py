"""Validations: asked for by many, run once for each key, answered from what is known."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.errors import Fenced
from bot.model.ids import RunId, ValidationId
from bot.model.validations import MOST_OUTPUT, REUSED, Verdict
from bot.rules.lifecycle import Run
from bot.store.engine import insert_or_skip
from bot.store.schema import runs
from bot.store.schema import validations as table
from bot.store.validation_row import (
    AHEAD,
    COLUMNS,
    UNDER_WAY,
    ValidationRow,
    all_rows,
    first,
    to_columns,
)
from bot.store.validation_table import LEADING


def _asked_for() -> ColumnElement[bool]:
    asked: ColumnElement[str] = table.c.asked[AHEAD].as_string()
    return asked.is_(None)


async def add(tx: AsyncConnection, row: ValidationRow) -> bool:
    """Write one down; False when another of the same key was faster to have a job."""
    added = await tx.execute(insert_or_skip(table, tx.dialect).values(**to_columns(row)))
    return added.rowcount == 1


async def find(tx: AsyncConnection, name: ValidationId) -> ValidationRow | None:
    """Return a validation, if there is one of that id."""
    return await first(tx, select(*COLUMNS).where(table.c.id == name))


async def get(tx: AsyncConnection, name: ValidationId) -> ValidationRow:
    """Read one, and keep it from changing until the transaction ends.

    Raises:
        LookupError: there is no such validation.
    """
    found = await first(tx, select(*COLUMNS).where(table.c.id == name).with_for_update())
    if found is None:
        raise LookupError(name)
    return found


async def leading(tx: AsyncConnection, repo_id: int, key: str) -> ValidationRow | None:
    """Return the one of a key that has a job or will have one, and keep it from ending."""
    which = table.c.repo_id == repo_id, table.c.key == key, text(LEADING)
    return await first(tx, select(*COLUMNS).where(*which).with_for_update())


async def known(tx: AsyncConnection, repo_id: int, key: str, since: float) -> ValidationRow | None:
    """Return the newest with a verdict that holds for whoever asks again."""
    query = select(*COLUMNS).where(
        table.c.repo_id == repo_id,
        table.c.key == key,
        table.c.ended_at >= since,
        table.c.state == "done",
        table.c.outcome.in_(REUSED),
    )
    return await first(tx, query.order_by(table.c.ended_at.desc()))


async def asked_before(tx: AsyncConnection, row: ValidationRow) -> ValidationRow | None:
    """Return the newest by which a run has asked the same, unless it must be run anew.

    What a name stands for does not change while a run lasts.
    """
    query = select(*COLUMNS).where(
        table.c.run == row.run,
        table.c.name == row.name,
        table.c.tree == row.tree,
        or_(
            table.c.state.in_(UNDER_WAY),
            and_(table.c.state == "done", table.c.outcome.in_(REUSED)),
        ),
    )
    return await first(tx, query.order_by(table.c.id.desc()))


async def of_run(tx: AsyncConnection, run: RunId) -> Sequence[ValidationRow]:
    """Return what the agent of a run has asked for, in that order."""
    which = table.c.run == run, _asked_for()
    return await all_rows(
        tx, select(*COLUMNS).where(*which).order_by(table.c.created_at, table.c.id)
    )


async def under_way(tx: AsyncConnection, run: RunId) -> int:
    """Count those that a run has asked for and that have no verdict yet."""
    which = table.c.run == run, table.c.state.in_(UNDER_WAY), _asked_for()
    return (await tx.execute(select(func.count()).where(*which))).scalar_one()


async def ahead(tx: AsyncConnection, run: RunId) -> Sequence[ValidationRow]:
    """Return those under way for a run that it has not asked for."""
    which = table.c.run == run, table.c.state.in_(UNDER_WAY), ~_asked_for()
    return await all_rows(tx, select(*COLUMNS).where(*which).with_for_update())


async def count(tx: AsyncConnection, run: RunId) -> int:
    """Count those of a run, also those for which nobody has asked."""
    return (await tx.execute(select(func.count()).where(table.c.run == run))).scalar_one()


async def followers(tx: AsyncConnection, name: ValidationId) -> Sequence[ValidationRow]:
    """Return those that wait for the verdict of another one."""
    which = table.c.follows == name, table.c.state.in_(UNDER_WAY)
    return await all_rows(tx, select(*COLUMNS).where(*which).order_by(table.c.id))


async def together(tx: AsyncConnection, request: str) -> Sequence[ValidationRow]:
    """Return all that a person has asked for at once, in that order."""
    return await all_rows(
        tx, select(*COLUMNS).where(table.c.request == request).order_by(table.c.id)
    )


async def note(tx: AsyncConnection, row: ValidationRow, **values: Any) -> ValidationRow:
    """Change columns of one that stands as it was read.

    Raises:
        Fenced: it does not.
    """
    still = (
        table.c.id == row.id,
        table.c.state == row.state,
        table.c.fence == row.fence,
        table.c.follows.is_not_distinct_from(row.follows),
    )
    changed = await tx.execute(update(table).where(*still).values(**values))
    if changed.rowcount != 1:
        raise Fenced(f"validation {row.id} has moved on")
    return await get(tx, row.id)


async def printed(tx: AsyncConnection, row: ValidationRow, data: bytes, *, at: int) -> None:
    """Add to what one has printed, of which the end is kept.

    `at` counts the bytes before `data`; what is there already is not added again.
    """
    new = data[max(row.printed - at, 0) :]
    if new:
        total = max(at, row.printed) + len(new)
        kept = (await output(tx, row.id) + new)[-MOST_OUTPUT:]
        await note(tx, row, output=kept, printed=total)


async def output(tx: AsyncConnection, name: ValidationId) -> bytes:
    """Return the end of what one has printed."""
    found = await tx.execute(select(table.c.output).where(table.c.id == name))
    return bytes(found.scalar_one_or_none() or b"")


async def end(
    tx: AsyncConnection, row: ValidationRow, verdict: Verdict, *, now: float
) -> Sequence[ValidationRow]:
    """Give one its verdict, and so to all that follow it; return them all.

    Raises:
        Fenced: it has moved since it was read.
    """
    done = await note(tx, row, **_done(verdict, now), slot=None)
    followed = await followers(tx, row.id)
    if followed:
        which = table.c.id.in_([each.id for each in followed])
        await tx.execute(update(table).where(which).values(**_done(verdict, now), cached=True))
    return [done, *(replace(each, state="done", verdict=verdict) for each in followed)]


async def answer(
    tx: AsyncConnection, row: ValidationRow, verdict: Verdict, *, now: float
) -> ValidationRow:
    """Give one a verdict that is known already."""
    return await note(tx, row, **_done(verdict, now), cached=True)


def _done(verdict: Verdict, now: float) -> dict[str, Any]:
    told = {"outcome": verdict.outcome, "verdict": asdict(verdict)}
    return {"state": "done", "ended_at": now, **told}


async def hit(tx: AsyncConnection, name: ValidationId) -> None:
    """Count that one was asked for again, and answered at once."""
    which = update(table).where(table.c.id == name)
    await tx.execute(which.values(hits=table.c.hits + 1))


async def drop(tx: AsyncConnection, row: ValidationRow, *, now: float) -> None:
    """Give one up for which nobody waits any more."""
    await note(tx, row, state="dropped", slot=None, ended_at=now)


async def blobs(tx: AsyncConnection) -> frozenset[str]:
    """Return the blobs that some validation is still to be made of, or has left."""
    made_of = select(table.c.work).where(table.c.state.in_(UNDER_WAY), table.c.work.is_not(None))
    left = table.c.verdict["artifacts", "blob"].as_string()
    has_left = select(left).where(left.is_not(None))
    return frozenset((await tx.execute(made_of.union(has_left))).scalars())


async def forget(tx: AsyncConnection, *, before: float, most: int) -> int:
    """Delete those that ended before some time, of runs that are over; return how many."""
    old = select(table.c.id).outerjoin(runs, runs.c.id == table.c.run)
    old = old.where(table.c.ended_at < before)
    old = old.where(or_(table.c.run.is_(None), runs.c.state == Run.FINISHED))
    done = await tx.execute(delete(table).where(table.c.id.in_(old.limit(most))))
    return done.rowcount
