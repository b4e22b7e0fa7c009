"""Connections whose bytes are carried and not read: served, copied both ways, and cut.

No more is taken from one side than the other has taken already, so what is slow slows down
whoever sends, and nothing piles up here.
"""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

CHUNK = 1 << 16
"""Bytes that are read at a time."""

LINGERS = 1.0
"""Seconds for somebody who gets last words to read them."""


@dataclass(frozen=True, slots=True)
class Wire:
    """One end of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def __post_init__(self) -> None:
        self.writer.transport.set_write_buffer_limits(0)

    async def send(self, data: bytes) -> None:
        """Write, and wait until nothing of it is left to be sent.

        Raises:
            OSError: nobody takes it.
        """
        self.writer.write(data)
        await self.writer.drain()

    async def say_last(self, data: bytes) -> None:
        """Send last words, and give the other side a moment to read them."""
        with suppress(OSError):
            async with asyncio.timeout(LINGERS):
                await self.send(data)
                self.writer.write_eof()
                while await self.reader.read(CHUNK):
                    pass

    def close(self) -> None:
        """Let go of it at once, and of what could not be sent."""
        self.writer.transport.abort()


async def serve(
    listener: socket.socket,
    answer: Callable[[Wire], Coroutine[object, object, None]],
    *,
    most_head: int,
    backlog: int = 128,
) -> None:
    """Answer each connection until cancelled; then every one is cut.

    What goes wrong in one of them, were it a bug, ends that one alone.

    Args:
        listener: listens already.
        answer: has a connection until it returns.
        most_head: bytes that may be read ahead of a mark that is looked for.
        backlog: connections that wait to be accepted.
    """
    tasks: set[asyncio.Task[None]] = set()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(reader, writer)
        task = asyncio.create_task(answer(wire))
        tasks.add(task)
        task.add_done_callback(partial(ended, wire))

    def ended(wire: Wire, task: asyncio.Task[None]) -> None:
        tasks.discard(task)
        wire.close()
        if not task.cancelled() and (bug := task.exception()):
            about = {"message": "a connection ended by a bug", "exception": bug}
            task.get_loop().call_exception_handler(about)

    local = listener.family == socket.AF_UNIX
    start = asyncio.start_unix_server if local else asyncio.start_server
    server = await start(accepted, sock=listener, limit=most_head, backlog=backlog)
    try:
        async with server:
            await server.serve_forever()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _unheeded(_size: int) -> None:
    """Nobody counts."""


async def carry(near: Wire, far: Wire, moved: Callable[[int], None] = _unheeded) -> None:
    """Carry bytes both ways until both sides are done, or one is gone.

    `moved` is told how many bytes are about to be passed on; an OSError of its ends all.
    """
    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(_copy(near, far, moved))
            both.create_task(_copy(far, near, moved))
    except* OSError:
        pass  # one side is gone, and so is the connection


async def _copy(source: Wire, target: Wire, moved: Callable[[int], None]) -> None:
    """Copy until the end of one direction, and pass that end on."""
    while piece := await source.reader.read(CHUNK):
        moved(len(piece))
        await target.send(piece)
    target.writer.write_eof()
