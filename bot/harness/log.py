"""What the agent's program prints, kept within bounds whatever it prints."""

import asyncio
from pathlib import Path
from typing import IO

HEAD = 1024**2
"""Bytes of the beginning that are kept in the file."""

TAIL = 64 * 1024
"""Bytes of the end that are kept, and reported."""

_CHUNK = 1 << 16


class BoundedLog:
    """The beginning in a file, the end in memory until `close` adds it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self._written = 0
        self._seen = 0
        self._tail = bytearray()

    def write(self, data: bytes) -> None:
        """Take what came."""
        self._seen += len(data)
        head = data[: HEAD - self._written]
        if head:
            self._file.write(head)
            self._written += len(head)
        self._tail += data
        if len(self._tail) > 2 * TAIL:
            del self._tail[:-TAIL]

    def tail(self) -> str:
        """Return the end as text of at most `TAIL` bytes."""
        text = bytes(self._tail[-TAIL:]).decode("utf-8", "replace")
        return text.encode("utf-8")[-TAIL:].decode("utf-8", "ignore")

    def close(self) -> None:
        """Add the end to the file, saying how much is left out between."""
        left = self._seen - self._written
        if left:
            end = bytes(self._tail[-min(TAIL, left) :])
            self._file.write(b"\n[%d bytes left out]\n" % (left - len(end)) + end)
        self._file.close()


async def pump(source: IO[bytes], log: BoundedLog) -> None:
    """Copy from a pipe to the log until nobody can write there any more."""
    reader = asyncio.StreamReader(limit=_CHUNK)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), source
    )
    try:
        while data := await reader.read(_CHUNK):
            log.write(data)
    finally:
        transport.close()
