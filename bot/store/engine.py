"""One way to the database, whichever it is: begin, work on rows, commit.

SQLite takes its one write lock when a transaction begins (BEGIN IMMEDIATE): a
transaction that reads first and writes later would fail with "database is locked"
as soon as two processes do so at once.  Who waits for that lock asks again and again,
and the last may be served first: so the writers of one process stand in a line of ours.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Dialect, Table, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.model.errors import Unavailable
from bot.store import trips
from bot.store.changes import CHANNEL, Changes

BUSY_TIMEOUT = 10_000
"""Milliseconds that a writer waits for another process's transaction on SQLite."""


class Store:
    """The database.  `begin` gives one transaction; `changes` tells when rows may be due."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.changes = Changes(engine)
        one_writer = engine.dialect.name == "sqlite"
        self._turn: AbstractAsyncContextManager[None] = (
            asyncio.Lock() if one_writer else nullcontext()
        )

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that commits at the end, or rolls back when the block raises.

        Who locks several rows locks a run before what belongs to it.

        Raises:
            Unavailable: the database did not answer, or ended the transaction for another's
                sake; nothing was changed, or, when the commit itself was cut off, it is not
                known whether it was.
        """
        with _answering():
            async with self._turn, self.engine.begin() as connection:
                yield connection
                if self.engine.dialect.name == "postgresql":
                    await connection.execute(text(f"NOTIFY {CHANNEL}"))
        self.changes.announce()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection for reading alone; it takes no lock and announces nothing."""
        with _answering():
            async with self.engine.connect() as connection:
                yield await connection.execution_options(greenroom_read=True)

    async def close(self) -> None:
        """Let go of every connection."""
        await self.engine.dispose()


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except DBAPIError as problem:
        if not isinstance(problem, OperationalError | InterfaceError) and not _passes(problem):
            raise
        raise Unavailable("database", _words(problem), retry_after=1.0) from problem
    except OSError as problem:
        raise Unavailable("database", _words(problem), retry_after=1.0) from problem


PASSING = {"08", "40", "53", "55", "57"}
"""Classes of SQLSTATE that another try may be spared: no connection, a deadlock, no room.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""


def _passes(problem: DBAPIError) -> bool:
    return str(getattr(problem.orig, "sqlstate", None))[:2] in PASSING


def open_store(url: SecretStr) -> Store:
    """Make the store of a SQLAlchemy address; connects when first used."""
    address = make_url(url.get_secret_value())
    if address.get_backend_name() != "sqlite":
        return Store(create_async_engine(address, hide_parameters=True))
    connecting = trips.connecting(address.database or "")
    engine = create_async_engine(address, hide_parameters=True, async_creator=connecting)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_immediate)
    return Store(engine)


def insert_or_skip(table: Table, dialect: Dialect) -> Any:
    """Return an INSERT that leaves a row alone which breaks a unique index."""
    return upsert(table, dialect).on_conflict_do_nothing()


def upsert(table: Table, dialect: Dialect) -> Any:
    """Return the dialect's own INSERT, which knows ON CONFLICT."""
    return (sqlite if dialect.name == "sqlite" else postgresql).insert(table)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not open transactions by itself; `_begin_immediate` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    reading = connection.get_execution_options().get("greenroom_read", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _words(problem: Exception) -> str:
    cause = problem.orig if isinstance(problem, DBAPIError) else problem
    return f"{type(cause).__name__}: {cause}" if cause else type(problem).__name__
