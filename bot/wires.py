"""Connections whose bytes are carried and not read: served, copied both ways, and cut.

No more is taken from one side than the other has taken already, so what is slow slows down
whoever sends, and nothing piles up here.
"""

import asyncio
import errno
import socket
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

CHUNK = 1 << 16
"""Bytes that are read at a time."""

LINGERS = 1.0
"""Seconds for somebody who gets last words to read them."""

_PASSING = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ECONNABORTED})


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
    most: int | None = None,
) -> None:
    """Answer each connection until cancelled; then every one is cut.

    What goes wrong in one of them, were it a bug, ends that one alone.

    Args:
        listener: listens already.
        answer: has a connection until it returns.
        most_head: bytes that may be read ahead of a mark that is looked for.
        backlog: connections that wait to be accepted.
        most: connections that are answered side by side; None for as many as there are.
    """
    tasks: set[asyncio.Task[None]] = set()
    room = asyncio.Semaphore(sys.maxsize if most is None else most)

    def ended(wire: Wire, task: asyncio.Task[None]) -> None:
        tasks.discard(task)
        wire.close()
        room.release()
        if not task.cancelled() and (bug := task.exception()):
            about = {"message": "a connection ended by a bug", "exception": bug}
            task.get_loop().call_exception_handler(about)

    listener.settimeout(0)
    listener.listen(backlog)
    try:
        while True:
            await room.acquire()
            wire = await _accepted(listener, most_head)
            task = asyncio.create_task(answer(wire))
            tasks.add(task)
            task.add_done_callback(partial(ended, wire))
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _accepted(listener: socket.socket, most_head: int) -> Wire:
    """Return the next connection."""
    loop = asyncio.get_running_loop()
    near = await _next(listener)
    reader = asyncio.StreamReader(limit=most_head)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, near)
    return Wire(reader, asyncio.StreamWriter(transport, protocol, reader, loop))


async def _next(listener: socket.socket) -> socket.socket:
    """Accept a connection; where there is no room for one, there may be soon."""
    while True:
        try:
            near, _ = await asyncio.get_running_loop().sock_accept(listener)
        except OSError as problem:
            if problem.errno not in _PASSING:
                raise
            await asyncio.sleep(LINGERS)
        else:
            return near


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
