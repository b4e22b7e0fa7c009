"""Deliveries on their way to being handled: claimed, done, tried again, set aside."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import DeliveryGuid
from bot.store.engine import insert_or_skip
from bot.store.leases import FREE, Lease, Moment, free
from bot.store.schema import deliveries, delivery_bodies, receipts

PARAMETERS = 1_000
"""Values in one query; both databases take more, but not any number."""

_KEY = deliveries.c.ordering_key
LANE = case(
    (or_(_KEY.like("%#%"), _KEY.like("%@%")), func.rtrim(_KEY, "0123456789abcdef")),
    else_=_KEY,
)
"""What takes turns: the subjects of a repository, its commits, and whatever is a key alone.

It is the ordering key without the number or SHA at its end.
"""

SHARE = 4
"""Deliveries of one lane that are under way at once: the others find room at once.

Each asks GitHub who did it, in a quarter of a second or so, and GitHub lets an installation
read no more than ten times a second for long.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery that this worker handles now."""

    id: int
    guid: DeliveryGuid
    event: str
    body: bytes
    received_at: float
    attempts: int


def _free(now: Moment) -> tuple[ColumnElement[bool], ...]:
    return (
        deliveries.c.state == "waiting",
        deliveries.c.not_before <= now,
        free(deliveries, now),
    )


def waiting(now: Moment) -> Select[tuple[int]]:
    """Select the deliveries whose time has come, in SQL."""
    return select(deliveries.c.id).where(*_free(now))


async def due(tx: AsyncConnection, *, now: float) -> bool:
    """Tell whether `claim` may find something, without taking any lock."""
    return (await tx.execute(waiting(now).limit(1))).first() is not None


def _ranked(now: float) -> Select[tuple[int, int]]:
    """Select the oldest of each key, numbered within its lane: what is leased goes first."""
    oldest = (
        select(func.min(deliveries.c.id).label("id"))
        .where(deliveries.c.state == "waiting")
        .group_by(deliveries.c.ordering_key)
        .subquery()
    )
    place = func.row_number().over(
        partition_by=LANE,
        order_by=(case((free(deliveries, now), 1), else_=0), deliveries.c.id),
    )
    return select(deliveries.c.id, place.label("place")).join(
        oldest, oldest.c.id == deliveries.c.id
    )


async def claim(tx: AsyncConnection, lease: Lease, *, most: int) -> Sequence[Claimed]:
    """Take the oldest waiting delivery of up to `most` ordering keys, the repositories in turn.

    A key whose oldest delivery is leased, or waits for its next try, is left alone:
    what came later about the same thing does not overtake.  Of a repository that has
    less under way than others the next delivery goes first, however much waits of those,
    and none has more than its share.
    """
    ranked = _ranked(lease.now).subquery()
    # PostgreSQL looks again at a row that another worker has changed meanwhile, but only at
    # what is asked of the row itself: a subquery would still see it free.
    due = (
        select(deliveries.c.id)
        .join(ranked, ranked.c.id == deliveries.c.id)
        .where(*_free(lease.now), ranked.c.place <= SHARE)
        .order_by(ranked.c.place, deliveries.c.id)
        .limit(most)
        .with_for_update(of=deliveries, skip_locked=True)
    )
    ids = (await tx.execute(due)).scalars().all()
    if not ids:
        return []
    await tx.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(ids))
        .values(**lease.values(), attempts=deliveries.c.attempts + 1)
    )
    rows = await tx.execute(
        select(
            deliveries.c.id,
            deliveries.c.guid,
            deliveries.c.event,
            delivery_bodies.c.body,
            deliveries.c.received_at,
            deliveries.c.attempts,
        )
        .join(delivery_bodies, delivery_bodies.c.guid == deliveries.c.guid)
        .where(deliveries.c.id.in_(ids))
        .order_by(deliveries.c.id)
    )
    return [Claimed(**row) for row in rows.mappings()]


def _mine(delivery: Claimed, worker: str) -> ColumnElement[bool]:
    return and_(
        deliveries.c.id == delivery.id,
        deliveries.c.state == "waiting",
        deliveries.c.leased_by == worker,
    )


async def finish(
    tx: AsyncConnection, delivery: Claimed, *, worker: str, state: str, note: str
) -> bool:
    """End a delivery as `done`, `ignored` or `set_aside`; False when the lease was lost."""
    result = await tx.execute(
        update(deliveries).where(_mine(delivery, worker)).values(state=state, note=note, **FREE)
    )
    return result.rowcount == 1


async def postpone(
    tx: AsyncConnection, delivery: Claimed, *, worker: str, until: float, note: str
) -> None:
    """Give a delivery back, with the tries that count against it, to be tried again at `until`."""
    again = {"not_before": until, "note": note, "attempts": delivery.attempts}
    await tx.execute(update(deliveries).where(_mine(delivery, worker)).values(**again, **FREE))


async def receipt(tx: AsyncConnection, guid: DeliveryGuid, reaction: str, outcome: str) -> None:
    """Write down what a reaction made of a delivery, once."""
    await tx.execute(
        insert_or_skip(receipts, tx.dialect).values(guid=guid, reaction=reaction, outcome=outcome)
    )


async def known(tx: AsyncConnection, guids: Sequence[str]) -> frozenset[str]:
    """Return those of `guids` that were ever received."""
    found: set[str] = set()
    for start in range(0, len(guids), PARAMETERS):
        some = guids[start : start + PARAMETERS]
        query = select(deliveries.c.guid).where(deliveries.c.guid.in_(some))
        found |= set((await tx.execute(query)).scalars())
    return frozenset(found)


async def forget(tx: AsyncConnection, *, before: float, most: int) -> int:
    """Delete up to `most` bodies of deliveries that ended before `before`; return how many.

    The GUIDs stay, so that a redelivery is still known.
    """
    ended = exists().where(
        deliveries.c.guid == delivery_bodies.c.guid,
        deliveries.c.state.in_(("done", "ignored")),
        deliveries.c.received_at < before,
    )
    # From the bodies, which are few: the deliveries are all that ever came.
    guids = select(delivery_bodies.c.guid).where(ended).limit(most)
    result = await tx.execute(delivery_bodies.delete().where(delivery_bodies.c.guid.in_(guids)))
    return result.rowcount
