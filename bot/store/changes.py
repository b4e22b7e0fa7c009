"""How a process learns that another one committed something, within milliseconds.

SQLite counts the commits of other connections in `PRAGMA data_version`, which is
read from shared memory in microseconds.  PostgreSQL sends a notification.  Either
way a change is only a hint to look again: nothing is lost when one goes missing,
since everybody looks at least once a second.
"""

import asyncio
import contextlib
import sqlite3
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

GLANCE = 0.02
"""Seconds between two glances at SQLite's counter."""

PATIENCE = 1.0
"""Seconds after which everybody looks again although nobody announced anything."""

CHANNEL = "greenroom"
"""PostgreSQL's name for our notifications."""


class Changes:
    """A bell that rings when rows may have become due."""

    def __init__(self) -> None:
        self.count = 0
        self._bell = asyncio.Event()

    def announce(self) -> None:
        """Wake everybody who waits in this process."""
        self.count += 1
        self._bell.set()
        self._bell = asyncio.Event()

    async def wait(self, seen: int) -> None:
        """Return once `count` differs from `seen`, or `PATIENCE` is over."""
        if self.count == seen:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await self._bell.wait()

    async def listen(self, engine: AsyncEngine) -> None:
        """Announce what other processes commit, until cancelled."""
        if engine.dialect.name == "sqlite":
            await self._glance(engine.url.database or "")
        else:
            await self._subscribe(engine)

    async def _glance(self, path: str) -> None:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            seen: int | None = None
            while True:
                version: int = connection.execute("PRAGMA data_version").fetchone()[0]
                if version != seen:
                    seen = version
                    self.announce()
                await asyncio.sleep(GLANCE)

    async def _subscribe(self, engine: AsyncEngine) -> None:
        async with engine.connect() as connection:
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            await driver.add_listener(CHANNEL, lambda *_: self.announce())
            while True:
                # A connection that died raises here, and the process starts anew.
                await driver.execute("SELECT 1")
                await asyncio.sleep(30)
