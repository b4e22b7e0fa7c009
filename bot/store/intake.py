"""Deliveries are on disk before GitHub hears that we have them, many in one commit.

A commit costs the same for one row as for a hundred.  So whoever brings a delivery
waits, one task commits all that wait in one transaction, and meanwhile the next group
gathers.  A delivery that the database cannot hold fails alone: its group is taken
apart and each of the others committed by itself.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import NoReturn

from sqlalchemy.exc import DBAPIError

from bot.model.errors import GreenroomError, Refused, Unavailable
from bot.model.ids import DeliveryGuid, OrderingKey
from bot.store.engine import Store, insert_or_skip
from bot.store.schema import deliveries, delivery_bodies

ROOM = 128 << 20
"""Bytes of deliveries that may wait for a commit; about 8,000 of a usual size."""

GROUP = 500
"""Deliveries in one transaction at most, so that other writers get their turn."""

OVERHEAD = 2048
"""Bytes counted for each waiting delivery beside its body."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Waiting:
    guid: DeliveryGuid
    event: str
    ordering_key: OrderingKey
    body: bytes = field(repr=False)
    received_at: float
    kept: asyncio.Future[None]

    @property
    def size(self) -> int:
        return len(self.body) + OVERHEAD


class Intake:
    """Keeps deliveries.  `run` must be running for `keep` to return."""

    def __init__(self, store: Store, *, room: int = ROOM) -> None:
        self._store = store
        self._room = room
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        dialect = store.engine.dialect
        self._into_deliveries = insert_or_skip(deliveries, dialect)
        self._into_bodies = insert_or_skip(delivery_bodies, dialect)

    async def keep(
        self,
        guid: DeliveryGuid,
        event: str,
        ordering_key: OrderingKey,
        body: bytes,
        received_at: float,
    ) -> None:
        """Return once the delivery is committed; one that was there already stays as it was.

        A caller that is cancelled while it waits may find the delivery kept all the same.

        Raises:
            Unavailable: the database did not answer, or too much waits for it already.
            Refused: with the reason `unstorable`; the database cannot hold this one.
        """
        waiting = _Waiting(
            guid=guid,
            event=event,
            ordering_key=ordering_key,
            body=body,
            received_at=received_at,
            kept=asyncio.get_running_loop().create_future(),
        )
        if waiting.size > self._room:
            raise Unavailable("intake", "too many deliveries wait already", retry_after=5.0)
        self._room -= waiting.size
        self._waiting.append(waiting)
        self._arrived.set()
        await waiting.kept

    async def run(self) -> NoReturn:
        """Commit what waits, group by group, until cancelled."""
        while True:
            await self._arrived.wait()
            size = min(GROUP, len(self._waiting))
            group = [self._waiting.popleft() for _ in range(size)]
            if not self._waiting:
                self._arrived.clear()
            await self._settle(group)
            self._room += sum(each.size for each in group)

    async def _settle(self, group: list[_Waiting]) -> None:
        try:
            await self._commit(group)
        except Unavailable as problem:
            for each in group:
                words = str(problem).partition(": ")[2]
                _fail(each, Unavailable("database", words, retry_after=problem.retry_after))
        except (DBAPIError, ValueError):
            # ValueError is what a driver raises for text that cannot be encoded.
            if len(group) == 1:
                words = "The database cannot hold this delivery."
                _fail(group[0], Refused("unstorable", words))
                return
            for each in group:
                await self._settle([each])
        else:
            for each in group:
                if not each.kept.done():
                    each.kept.set_result(None)

    async def _commit(self, group: list[_Waiting]) -> None:
        rows = [
            {
                "guid": each.guid,
                "event": each.event,
                "ordering_key": each.ordering_key,
                "received_at": each.received_at,
            }
            for each in group
        ]
        bodies = [{"guid": each.guid, "body": each.body} for each in group]
        async with self._store.begin() as connection:
            await connection.execute(self._into_deliveries, rows)
            await connection.execute(self._into_bodies, bodies)


def _fail(waiting: _Waiting, error: GreenroomError) -> None:
    if not waiting.kept.done():
        waiting.kept.set_exception(error)
