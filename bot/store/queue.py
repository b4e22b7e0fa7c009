"""Runs that wait for a runner: which may have one, and the slots that they take."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Text, and_, cast, exists, func, literal, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import RunId
from bot.rules.lifecycle import Compute, Run
from bot.store.engine import insert_or_skip
from bot.store.run_row import COLUMNS, RunRow
from bot.store.runs import all_rows, due
from bot.store.schema import UNDER_WAY, pauses, runs, slots

OWNER_SCOPE = func.substr(pauses.c.scope, len("owner:") + 1).concat("/")
PAUSED = exists().where(
    or_(
        pauses.c.scope == "all",
        pauses.c.scope == literal("repo:").concat(cast(runs.c.repo_id, Text)),
        func.substr(func.lower(runs.c.repo), 1, func.length(OWNER_SCOPE)) == OWNER_SCOPE,
    )
)
"""Runs that somebody holds back."""

QUEUED: ColumnElement[bool] = and_(
    text(UNDER_WAY), runs.c.state == Run.QUEUED, runs.c.compute == Compute.NONE, ~PAUSED
)
"""Runs that wait for a runner, and may have one."""


async def any_queued(tx: AsyncConnection, *, now: float) -> bool:
    """Tell whether a run waits for a runner."""
    return await due(tx, QUEUED, now=now)


async def queued(tx: AsyncConnection, *, now: float, most: int, of_repo: int) -> Sequence[RunRow]:
    """Take runs that wait for a runner, oldest first, no more than `of_repo` of one repository.

    They are locked until the transaction ends, so that no other worker admits them too.
    """
    place = func.row_number().over(partition_by=runs.c.repo, order_by=runs.c.id)
    waiting = select(runs.c.id, place.label("place"))
    ranked = waiting.where(QUEUED, runs.c.next_attempt_at <= now).subquery()
    first = select(ranked.c.id).where(ranked.c.place <= of_repo).order_by(ranked.c.id).limit(most)
    query = select(*COLUMNS).where(runs.c.id.in_(first), QUEUED).order_by(runs.c.id)
    return await all_rows(tx, query.with_for_update(skip_locked=True))


async def started_today(tx: AsyncConnection, repo_id: int, *, now: float) -> int:
    """Count the runs of a repository that were asked for within the last 24 hours."""
    since = now - 24 * 3600.0
    query = select(func.count()).where(runs.c.repo_id == repo_id, runs.c.created_at >= since)
    return (await tx.execute(query)).scalar_one()


async def taken_slots(tx: AsyncConnection) -> frozenset[tuple[str, int]]:
    """Return the slots that are held, as (scope, number)."""
    rows = await tx.execute(select(slots.c.scope, slots.c.number))
    return frozenset((scope, number) for scope, number in rows)


async def take_slot(tx: AsyncConnection, run: RunId, scope: str, number: int) -> bool:
    """Take a slot; False when another run has it."""
    added = await tx.execute(
        insert_or_skip(slots, tx.dialect).values(scope=scope, number=number, run=run)
    )
    return added.rowcount == 1
