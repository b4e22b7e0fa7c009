"""How a process learns that another one committed something, within a millisecond.

On PostgreSQL a commit carries a notification.  Beside an embedded database lies a folder
of sockets, one for each process that listens, and who commits sends an empty datagram to
each.  Either way a change is only a hint to look again: nothing is lost when one goes
missing, since everybody looks again after a while.
"""

import asyncio
import contextlib
import os
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

PATIENCE = 5.0
"""Seconds after which everybody looks again although nobody announced anything."""

CHANNEL = "greenroom"
"""PostgreSQL's name for our notifications."""


class Bell:
    """Rings when it is time to look again.

    Attributes:
        count: how often it has rung; `wait` compares with it.
    """

    def __init__(self) -> None:
        self.count = 0
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake everybody who waits, in this process."""
        self.count += 1
        self._rung.set()
        self._rung = asyncio.Event()

    async def wait(self, seen: int, patience: float | None = None) -> None:
        """Return once `count` differs from `seen`, or after `patience` seconds (`PATIENCE`)."""
        if self.count == seen:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE if patience is None else patience):
                    await self._rung.wait()


class Changes(Bell):
    """A bell that rings when somebody has committed something."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__()
        self._engine = engine
        file = engine.url.database if engine.dialect.name == "sqlite" else None
        self._sockets = Path(f"{file}-bells") if file else None
        self._own = uuid.uuid4().hex

    def announce(self) -> None:
        """Wake everybody who waits, in this process and, for SQLite, in the others."""
        self.ring()
        if self._sockets is not None:
            _send_to_all(self._sockets, but=self._own)

    async def listen(self) -> None:
        """Ring at what other processes commit, until cancelled."""
        if self._sockets is None:
            await self._subscribe()
        else:
            await self._answer(self._sockets)

    async def _answer(self, folder: Path) -> None:
        loop = asyncio.get_running_loop()
        with _listening(folder, self._own) as bell:
            while True:
                await loop.sock_recv(bell, 1)
                self.ring()

    async def _subscribe(self) -> None:
        async with self._engine.connect() as connection:
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            await driver.add_listener(CHANNEL, lambda *_: self.ring())
            while True:
                # A connection that died raises here, and the process starts anew.
                await driver.execute("SELECT 1")
                await asyncio.sleep(30)


@contextlib.contextmanager
def _listening(folder: Path, name: str) -> Iterator[socket.socket]:
    """Give a socket under a name in the folder."""
    folder.mkdir(exist_ok=True)
    with _short(folder) as short, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        bell.settimeout(0)
        bell.bind(f"{short}/{name}")
        try:
            yield bell
        finally:
            (folder / name).unlink(missing_ok=True)


def _send_to_all(folder: Path, *, but: str) -> None:
    """Send a datagram to each socket but one; what nobody holds any more is removed."""
    with (
        contextlib.suppress(FileNotFoundError),
        _short(folder) as short,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell,
    ):
        bell.settimeout(0)
        for address in Path(short).iterdir():
            if address.name == but:
                continue
            try:
                bell.sendto(b"", str(address))
            except ConnectionRefusedError:
                address.unlink(missing_ok=True)
            except BlockingIOError:
                continue  # its queue is full of calls to look: one more changes nothing


@contextlib.contextmanager
def _short(folder: Path) -> Iterator[str]:
    """Give a path of the folder that fits into a socket's address, which has 107 bytes."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
