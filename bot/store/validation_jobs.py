"""What the loop of validations works on: their jobs, one at a time for each, and the places.

A job belongs to a fence; who has an older one's token has none.
"""

from collections.abc import Collection, Sequence
from typing import Any

from pydantic import SecretStr
from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import Fence, JobName, validation_job, validation_of
from bot.rules.lifecycle import Run
from bot.store.jobs import digest
from bot.store.leases import FREE, Lease, Moment, free
from bot.store.schema import runs
from bot.store.schema import validations as table
from bot.store.validation_row import COLUMNS, UNDER_WAY, ValidationRow, all_rows, first
from bot.store.validation_table import LEADING
from bot.store.validations import get, note


async def by_launch_token(tx: AsyncConnection, token: SecretStr) -> ValidationRow | None:
    """Find the one that a launch token was made for."""
    query = select(*COLUMNS).where(table.c.launch_hash == digest(token)).with_for_update()
    return await first(tx, query)


async def by_token(tx: AsyncConnection, token: SecretStr) -> ValidationRow | None:
    """Find the one whose current job has a token."""
    return await first(tx, select(*COLUMNS).where(table.c.run_hash == digest(token)))


async def launched(
    tx: AsyncConnection,
    row: ValidationRow,
    job: JobName,
    token: SecretStr,
    **values: Any,
) -> ValidationRow:
    """Write down a new job of one before anything of it exists; the last one's tokens are void."""
    return await note(
        tx,
        row,
        state="running",
        job=job,
        fence=row.fence + 1,
        launch_hash=digest(token),
        run_hash=None,
        output=None,
        printed=0,
        layer=None,
        **values,
    )


async def claim_job(
    tx: AsyncConnection, row: ValidationRow, token: SecretStr, *, now: float
) -> bool:
    """Exchange the launch token; False for everybody but the first."""
    which = table.c.id == row.id, table.c.fence == row.fence, table.c.run_hash.is_(None)
    first = table.c.started_at
    changed = await tx.execute(
        update(table)
        .where(*which, table.c.state == "running")
        .values(run_hash=digest(token), started_at=func.coalesce(first, now))
    )
    return changed.rowcount == 1


async def lost(tx: AsyncConnection, row: ValidationRow, *, next_at: float) -> ValidationRow:
    """Have one wait for another job: the one that it had is gone."""
    return await note(tx, row, state="queued", slot=None, deadline=None, next_attempt_at=next_at)


async def wanted(tx: AsyncConnection, row: ValidationRow) -> bool:
    """Tell whether anybody waits for one: a person, or a run whose agent is at work.

    Nobody can begin to wait until the transaction ends.
    """
    own = false() if (await get(tx, row.id)).given_up else table.c.id == row.id
    waits = own, and_(table.c.follows == row.id, table.c.state.in_(UNDER_WAY))
    query = select(table.c.id).outerjoin(runs, runs.c.id == table.c.run).where(or_(*waits))
    query = query.where(or_(table.c.run.is_(None), runs.c.state == Run.RUNNING))
    return (await tx.execute(query.limit(1))).first() is not None


async def free_slot(tx: AsyncConnection, most: int) -> int | None:
    """Return a place among those that run, if there is one."""
    query = select(table.c.slot).where(table.c.state == "running", table.c.slot.is_not(None))
    taken = frozenset((await tx.execute(query)).scalars())
    return next((number for number in range(most) if number not in taken), None)


def _due(now: Moment) -> ColumnElement[bool]:
    return and_(text(LEADING), free(table, now), table.c.next_attempt_at <= now)


def waiting(now: Moment) -> Select[tuple[str]]:
    """Select those that are to be looked at, in SQL."""
    return select(table.c.id).where(_due(now))


async def due(tx: AsyncConnection, *, now: float) -> bool:
    """Tell whether `claim` would find something, without taking any lock."""
    return (await tx.execute(waiting(now).limit(1))).first() is not None


async def claim(tx: AsyncConnection, lease: Lease, *, most: int) -> Sequence[ValidationRow]:
    """Take those that are to be looked at."""
    query = select(*COLUMNS).where(_due(lease.now))
    query = query.order_by(table.c.next_attempt_at, table.c.id).limit(most)
    found = await all_rows(tx, query.with_for_update(skip_locked=True))
    if found:
        taken = table.c.id.in_([row.id for row in found])
        await tx.execute(update(table).where(taken).values(**lease.values()))
    return found


async def release(
    tx: AsyncConnection, row: ValidationRow, *, worker: str, next_at: float, failures: int
) -> None:
    """Give one back, to be looked at again at `next_at`, or at once where it has moved."""
    unmoved = and_(table.c.next_attempt_at == row.next_attempt_at, table.c.state == row.state)
    next_attempt_at = case((unmoved, next_at), else_=table.c.next_attempt_at)
    await tx.execute(
        update(table)
        .where(table.c.id == row.id, table.c.leased_by == worker)
        .values(**FREE, failures=failures, next_attempt_at=next_attempt_at)
    )


async def alive(tx: AsyncConnection, among: Collection[JobName]) -> frozenset[JobName]:
    """Return those of some jobs that may still run: the current ones of what has no verdict."""
    query = select(table.c.job).where(table.c.job.in_(among), table.c.state == "running")
    return frozenset((await tx.execute(query)).scalars())


async def needed(tx: AsyncConnection, among: Collection[JobName]) -> frozenset[JobName]:
    """Return those of some jobs that may run, or may be about to be written down."""
    names = {name for job in among if (name := validation_of(job))}
    query = select(table.c.id, table.c.fence).where(table.c.id.in_(names))
    found = await tx.execute(query.where(table.c.state.in_(UNDER_WAY)))
    fences = [(row.id, row.fence + more) for row in found for more in (0, 1)]
    return frozenset(among) & {validation_job(name, Fence(fence)) for name, fence in fences}


async def at_work(tx: AsyncConnection, tokens: Collection[SecretStr]) -> frozenset[SecretStr]:
    """Return those of some tokens whose jobs have not ended."""
    known = {digest(each): each for each in tokens}
    query = select(table.c.run_hash).where(table.c.run_hash.in_(known))
    found = await tx.execute(query.where(table.c.state == "running"))
    return frozenset(known[each] for each in found.scalars())
