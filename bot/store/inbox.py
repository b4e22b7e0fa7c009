"""Deliveries on their way to being handled: claimed, done, tried again, set aside."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import DeliveryGuid
from bot.store.engine import insert_or_skip
from bot.store.leases import FREE, Lease, free
from bot.store.schema import deliveries, delivery_bodies, receipts

PARAMETERS = 1_000
"""Values in one query; both databases take more, but not any number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery that this worker handles now."""

    id: int
    guid: DeliveryGuid
    event: str
    body: bytes
    received_at: float
    attempts: int


def waiting(now: float) -> Select[tuple[int]]:
    """Select the deliveries whose time has come, in SQL."""
    return select(deliveries.c.id).where(
        deliveries.c.state == "waiting", deliveries.c.not_before <= now, free(deliveries, now)
    )


async def due(tx: AsyncConnection, *, now: float) -> bool:
    """Tell whether `claim` may find something, without taking any lock."""
    return (await tx.execute(waiting(now).limit(1))).first() is not None


async def claim(tx: AsyncConnection, lease: Lease, *, most: int) -> Sequence[Claimed]:
    """Take the oldest waiting delivery of up to `most` ordering keys.

    A key whose oldest delivery is leased, or waits for its next try, is left alone:
    what came later about the same thing does not overtake.
    """
    earlier = deliveries.alias("earlier")
    blocked = exists().where(
        earlier.c.state == "waiting",
        earlier.c.ordering_key == deliveries.c.ordering_key,
        earlier.c.id < deliveries.c.id,
    )
    due = (
        select(deliveries.c.id)
        .where(
            deliveries.c.state == "waiting",
            deliveries.c.not_before <= lease.now,
            free(deliveries, lease.now),
            ~blocked,
        )
        .order_by(deliveries.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
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
