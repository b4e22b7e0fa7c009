"""Following a program that prints what it does: lines for people, and how its turn ended."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import IO

from bot.agents.base import Parse
from bot.agents.events import Event, Turn
from bot.agents.lines import plain
from bot.agents.teller import Tell, Teller, telling
from bot.harness.gateway_client import Gateway
from bot.harness.log import BoundedLog
from bot.model.errors import Unavailable

LONGEST = 8 * 1024**2
"""Bytes of one line; of a longer one nothing is understood."""

_CHUNK = 1 << 16


@asynccontextmanager
async def reading(
    printed: IO[bytes], parse: Parse, tell: Tell, log: BoundedLog
) -> AsyncIterator[asyncio.Task[Turn]]:
    """Read what a program prints beside what the block does; the task ends with the program."""
    task = asyncio.create_task(_read(printed, parse, tell, log))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


def teller(gateway: Gateway, log: BoundedLog) -> Tell:
    """Return what shows a line of progress to people, and to whoever reads the log."""

    async def tell(line: str) -> None:
        log.write(f"{line}\n".encode())
        with suppress(Unavailable):
            await gateway.post("/steps", {"text": line})

    return tell


async def _read(printed: IO[bytes], parse: Parse, tell: Tell, log: BoundedLog) -> Turn:
    teller, turn = Teller(tell), Turn()
    async with telling(teller):
        async for line in _lines(printed):
            for event in _events(parse, line, log):
                if isinstance(event, Turn):
                    turn = event
                teller.hear(event)
        turn = plain(turn)
        teller.over(turn)
    return turn


def _events(parse: Parse, line: bytes, log: BoundedLog) -> Sequence[Event]:
    """Return what is told in a line; what the program does not mean for us is logged."""
    try:
        return tuple(parse(line))
    except (ValueError, RecursionError):
        log.write(line + b"\n")
        return ()


async def _lines(printed: IO[bytes]) -> AsyncIterator[bytes]:
    """Yield lines that are not empty; those that are too long are left out."""
    stream = asyncio.StreamReader(limit=_CHUNK)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), printed
    )
    begun, good = bytearray(), True
    try:
        while data := await stream.read(_CHUNK):
            *whole, rest = data.split(b"\n")
            for line in whole:
                begun += line
                if good and begun.strip():
                    yield bytes(begun)
                begun, good = bytearray(), True
            begun += rest
            if len(begun) > LONGEST:
                begun, good = bytearray(), False
        if good and begun.strip():
            yield bytes(begun)
    finally:
        transport.close()
