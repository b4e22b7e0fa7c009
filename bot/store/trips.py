"""SQLite by one trip to its thread for each statement.

The driver's own cursor makes four: to be made, to execute, to fetch, to be closed.  Each waits
for a thread to be woken and for the event loop to hear of it, which takes longer than most of
our statements do.  All rows are fetched at once, as SQLAlchemy would have it anyway.
https://aiosqlite.omnilib.dev/en/stable/api.html
"""

import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple, Self

import aiosqlite

_CHUNK = 64  # rows that are read at a time by whoever iterates; nobody here does


def connecting(file: str) -> Callable[[], Awaitable[aiosqlite.Connection]]:
    """Return what opens a connection to a database file, for SQLAlchemy's `async_creator`."""

    async def connect() -> aiosqlite.Connection:
        return await _Connection(file)

    return connect


class _Done(NamedTuple):
    """What a statement came to."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    rows: Sequence[Any] = ()


class _Connection(aiosqlite.Connection):
    """A connection whose cursors hold nothing open."""

    def __init__(self, file: str) -> None:
        super().__init__(partial(sqlite3.connect, file), _CHUNK)
        self._thread.daemon = True  # as those that SQLAlchemy makes: no connection holds up an end

    def cursor(self) -> "_Cursor":  # type: ignore[override]
        return _Cursor(self)

    async def rollback(self) -> None:
        """Take back what a transaction has changed; without one there is nothing to ask for."""
        if self.in_transaction:
            await super().rollback()

    async def done(self, sql: str, parameters: Any, *, many: bool) -> _Done:
        """Execute a statement, once or for each of many, and fetch all that it returns."""
        execute = self._conn.executemany if many else self._conn.execute

        def work() -> _Done:
            cursor = execute(sql, parameters)
            rows = cursor.fetchall() if cursor.description else ()
            made = _Done(cursor.description, cursor.rowcount, cursor.lastrowid, rows)
            cursor.close()
            return made

        made: _Done = await self._execute(work)  # type: ignore[no-untyped-call]
        return made


class _Cursor:
    """What SQLAlchemy asks of a cursor."""

    arraysize = 1

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._done = _Done()

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> Any:
        return self._done.description

    @property
    def rowcount(self) -> int:
        return self._done.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._done.lastrowid

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        self._done = await self._connection.done(sql, parameters, many=False)

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        self._done = await self._connection.done(sql, parameters, many=True)

    async def fetchall(self) -> Sequence[Any]:
        return self._done.rows

    async def close(self) -> None:
        """Nothing is left open."""
