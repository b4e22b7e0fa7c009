"""Deliveries are on disk before GitHub hears that we have them, many in one commit.

A commit costs the same for one row as for a hundred.  So whoever brings a delivery
waits, one task commits all that wait in one transaction, and meanwhile the next group
gathers.  A delivery that the database cannot hold fails alone: its group is taken
apart and each of the others committed by itself.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn

from sqlalchemy import ClauseElement, Engine, Table, create_engine, event
from sqlalchemy.exc import DataError, DBAPIError

from bot.model.errors import GreenroomError, Refused, Unavailable
from bot.model.ids import DeliveryGuid, OrderingKey
from bot.store.engine import Store, _begin_immediate, _prepare_sqlite, insert_or_skip
from bot.store.schema import deliveries, delivery_bodies

ROOM = 128 << 20
"""Bytes of deliveries that may wait for a commit; about 8,000 of a usual size."""

GROUP = 500
"""Deliveries in one transaction at most, so that other writers get their turn."""

OVERHEAD = 2048
"""Bytes counted for each waiting delivery beside its body."""

# https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks
PATIENCE = 8.0
"""Seconds that a delivery waits for its commit; after ten GitHub hangs up."""

DELIVERY = ("guid", "event", "ordering_key", "received_at")
BODY = ("guid", "body")
"""The columns that are filled here, in the order of the tables."""

Rows = list[tuple[Any, ...]]
Commit = Callable[[Rows, Rows], Awaitable[None]]


@dataclass(slots=True, kw_only=True, eq=False)
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

    def __init__(self, store: Store, *, room: int = ROOM, patience: float = PATIENCE) -> None:
        self._store = store
        self._room = room
        self._patience = patience
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._into_deliveries = _insert(store, deliveries, DELIVERY)
        self._into_bodies = _insert(store, delivery_bodies, BODY)

    async def keep(
        self,
        guid: DeliveryGuid,
        event: str,
        ordering_key: OrderingKey,
        body: bytes,
        received_at: float,
    ) -> None:
        """Return once the delivery is committed; one that was there already stays as it was.

        A caller that is cancelled or put off may find the delivery kept all the same.

        Raises:
            Unavailable: the database did not answer in time, or too much waits for it already.
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
        with self._committing() as commit:
            while True:
                await self._arrived.wait()
                size = min(GROUP, len(self._waiting))
                group = [self._waiting.popleft() for _ in range(size)]
                if not self._waiting:
                    self._arrived.clear()
                async with asyncio.TaskGroup() as tasks:
                    work = tasks.create_task(self._work_off(group, commit))
                    await self._watch(group, work)

    async def _work_off(self, group: list[_Waiting], commit: Commit) -> None:
        await _settle(group, commit)
        self._room += sum(each.size for each in group)

    async def _watch(self, group: list[_Waiting], work: asyncio.Task[None]) -> None:
        """Put off whoever waits when a commit hangs; it goes on, and may succeed yet."""
        while not (await asyncio.wait({work}, timeout=self._patience))[0]:
            words = "no commit in time"
            _fail([*group, *self._waiting], Unavailable("database", words, retry_after=5.0))

    @contextmanager
    def _committing(self) -> Iterator[Commit]:
        if self._store.engine.dialect.name != "sqlite":
            yield self._commit
            return
        engine = _sqlite(self._store)
        with ThreadPoolExecutor(1) as thread:
            try:
                yield partial(self._commit_in, thread, engine)
            finally:
                engine.dispose()

    async def _commit(self, rows: Rows, bodies: Rows) -> None:
        async with self._store.begin() as connection:
            await connection.exec_driver_sql(self._into_deliveries, rows)
            await connection.exec_driver_sql(self._into_bodies, bodies)

    async def _commit_in(
        self, thread: ThreadPoolExecutor, engine: Engine, rows: Rows, bodies: Rows
    ) -> None:
        """Do the same in one trip to a thread; the asynchronous driver makes eleven."""

        def commit() -> None:
            with engine.begin() as connection:
                connection.exec_driver_sql(self._into_deliveries, rows)
                connection.exec_driver_sql(self._into_bodies, bodies)

        await asyncio.get_running_loop().run_in_executor(thread, commit)
        self._store.changes.announce()


async def _settle(group: list[_Waiting], commit: Commit) -> None:
    try:
        await commit(*_rows(group))
    except Unavailable as problem:
        _fail(group, problem)
    except (DBAPIError, ValueError) as problem:
        if not _blames_a_row(problem):
            words = str(problem).partition("\n")[0]
            _fail(group, Unavailable("database", words, retry_after=1.0))
        elif len(group) == 1:
            _fail(group, Refused("unstorable", "The database cannot hold this delivery."))
        else:
            for each in group:
                await _settle([each], commit)
    else:
        for each in group:
            if not each.kept.done():
                each.kept.set_result(None)


def _blames_a_row(problem: Exception) -> bool:
    """Tell values that cannot be stored from a database that is not well.

    The former is a ValueError or DataError of the driver, or SQLSTATE class 22.
    https://www.postgresql.org/docs/current/errcodes-appendix.html
    """
    if isinstance(problem, DBAPIError):
        state = getattr(problem.orig, "sqlstate", None) or ""
        return isinstance(problem, DataError) or state.startswith("22")
    return isinstance(problem, ValueError)


def _rows(group: list[_Waiting]) -> tuple[Rows, Rows]:
    rows = [(each.guid, each.event, each.ordering_key, each.received_at) for each in group]
    return rows, [(each.guid, each.body) for each in group]


def _fail(group: list[_Waiting], error: GreenroomError) -> None:
    for each in group:
        if not each.kept.done():
            each.kept.set_exception(error)


def _insert(store: Store, table: Table, columns: Sequence[str]) -> str:
    """Spell the statement out once; Core would take more time for a row than SQLite does."""
    dialect = store.engine.dialect
    insert: ClauseElement = insert_or_skip(table, dialect).inline()
    return str(insert.compile(dialect=dialect, column_keys=list(columns)))


def _sqlite(store: Store) -> Engine:
    engine = create_engine(store.engine.url.set(drivername="sqlite"), hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine
