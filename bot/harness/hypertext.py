"""HTTP/1.1 over a wire, from either end; what its bytes mean, h11 knows.

A server or client of more parts takes longer to import than all else of a harness, and an
agent that asks at once would wait for it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import h11

from bot.model.errors import Refused
from bot.wires import CHUNK, LINGERS, Wire

MOST_HEAD = 16 * 1024
"""Bytes of a request or an answer before its body."""

SERVER, CLIENT = h11.SERVER, h11.CLIENT

LARGEST = 1024**2
"""Bytes of a body that is read whole."""

READS_WITHIN = 60.0
"""Seconds for such a body to come: who sends it holds a place that others wait for."""

Headers = Sequence[tuple[str, str]]
Pieces = AsyncIterator[bytes]
Body = Sequence[bytes] | Pieces
"""A body, as pieces that are there already or come by and by."""


class Nonsense(ConnectionError):
    """What came is no HTTP, or broke off."""


class Line:
    """One end of a connection.

    Args:
        wire: carries it.
        role: `SERVER` or `CLIENT`.
        silent: seconds for which nothing may come; None for as long as it likes.
    """

    def __init__(
        self, wire: Wire, role: type[h11.CLIENT] | type[h11.SERVER], silent: float | None = None
    ) -> None:
        self._wire = wire
        self._state = h11.Connection(role, max_incomplete_event_size=MOST_HEAD)
        self._silent = silent

    async def next(self) -> h11.Event:
        """Return what comes next.

        Raises:
            OSError: nothing does, or it makes no sense.
        """
        while True:
            try:
                event = self._state.next_event()
            except h11.RemoteProtocolError as problem:
                raise Nonsense(str(problem)) from None
            if isinstance(event, h11.Event):
                return event
            if event is h11.PAUSED:
                raise Nonsense("there is more than was to come")
            if self._state.they_are_waiting_for_100_continue:
                await self.send(h11.InformationalResponse(status_code=100, headers=[]))
            async with asyncio.timeout(self._silent):
                self._state.receive_data(await self._wire.reader.read(CHUNK))

    async def pieces(self) -> Pieces:
        """Yield the body of what has begun to come."""
        while isinstance(event := await self.next(), h11.Data):
            yield bytes(event.data)

    async def send(self, *events: h11.Event) -> None:
        """Send some events at once.

        Raises:
            OSError: nobody takes them.
        """
        await self._wire.send(b"".join(self._state.send(each) or b"" for each in events))

    def cut(self) -> None:
        """Let go of the connection at once."""
        self._wire.close()

    async def again(self) -> bool:
        """Get ready for another request, if there may be one on this connection.

        Raises:
            OSError: what is left of the last one does not come.
        """
        async with asyncio.timeout(LINGERS):
            while self._state.their_state is h11.SEND_BODY:
                await self.next()
        if self._state.our_state is not h11.DONE:
            return False
        self._state.start_next_cycle()
        return True


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that has come, and the way to answer it.

    Attributes:
        target: its path and query, as they were written.
        headers: by name, in lower case.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    line: Line = field(repr=False)

    @property
    def has_body(self) -> bool:
        """Whether anything comes with it."""
        return (
            self.headers.get("content-length", "0") != "0" or "transfer-encoding" in self.headers
        )

    async def read(self) -> bytes:
        """Return its body.

        Raises:
            Refused: `size`, it is larger than `LARGEST`.
            OSError: it does not come, or not within `READS_WITHIN`.
        """
        body = bytearray()
        async with asyncio.timeout(READS_WITHIN):
            async for piece in self.line.pieces():
                body += piece
                if len(body) > LARGEST:
                    raise Refused("size", f"Send no more than {LARGEST} bytes.")
        return bytes(body)

    async def begin(self, status: int, headers: Headers) -> None:
        """Begin an answer, which `more` and `end` go on with."""
        await self.line.send(h11.Response(status_code=status, headers=_written(headers)))

    async def more(self, piece: bytes) -> None:
        """Send a piece of the answer's body."""
        await self.line.send(h11.Data(data=piece))

    async def end(self) -> None:
        """End the answer."""
        await self.line.send(h11.EndOfMessage())

    async def answer(self, status: int, body: bytes, kind: str) -> None:
        """Answer at once."""
        if self.method == "HEAD" or not body:
            await self.begin(status, [])
        else:
            await self.begin(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
            await self.more(body)
        await self.end()


@dataclass(frozen=True, slots=True)
class Said:
    """An answer that has begun to come; `headers` are by name, in lower case."""

    status: int
    headers: Mapping[str, str]
    line: Line = field(repr=False)

    async def read(self) -> bytes:
        """Return its body.

        Raises:
            OSError: it breaks off.
        """
        return b"".join([piece async for piece in self.line.pieces()])


async def converse(wire: Wire, answer: Callable[[Asked], Awaitable[None]]) -> None:
    """Have the requests of a connection answered, one after another.

    Where `answer` raises OSError the connection is cut: half an answer cannot be taken back.
    """
    line = Line(wire, SERVER)
    try:
        while asked := await _next(wire, line):
            await answer(asked)
            if not await line.again():
                break
        await wire.say_last(b"")
    except OSError:
        pass


async def _next(wire: Wire, line: Line) -> Asked | None:
    """Return the next request; None where there is none to come."""
    try:
        request = await _requested(line)
    except Nonsense:
        await wire.say_last(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        raise
    if request is None:
        return None
    method, target = request.method.decode("ascii"), request.target.decode("ascii")
    return Asked(method, target, _read(request.headers), line)


async def _requested(line: Line) -> h11.Request | None:
    event = await line.next()
    if not isinstance(event, h11.Request):
        return None
    if event.method == b"CONNECT":  # after a yes to it, h11 knows no answers any more
        raise Nonsense("nobody is led anywhere from here")
    return event


@asynccontextmanager
async def asking(
    line: Line, method: str, target: str, headers: Headers, body: Body
) -> AsyncIterator[Said]:
    """Send a request, its body as it comes, and give what is answered to it meanwhile.

    Args:
        line: a client's, for this request alone.
        method: of HTTP.
        target: path and query.
        headers: all but those about the connection and the body.
        body: of no pieces for none.

    Raises:
        OSError: no answer comes, or it breaks off.
    """
    about = [("Host", "greenroom"), ("Connection", "close"), *_framed(body)]
    written = _written([*about, *headers])
    request = h11.Request(method=method, target=target, headers=written)
    sending = asyncio.create_task(_send(line, request, body))
    try:
        said = await line.next()
        if not isinstance(said, h11.Response):
            raise Nonsense("there is no answer")
        yield Said(said.status_code, _read(said.headers), line)
    finally:
        sending.cancel()
        await asyncio.wait({sending})


async def _send(line: Line, request: h11.Request, body: Body) -> None:
    """Send a request to its end; one that breaks off, nobody answers."""
    try:
        await line.send(request)
        async for piece in _there(body) if isinstance(body, Sequence) else body:
            await line.send(h11.Data(data=piece))
        await line.send(h11.EndOfMessage())
    except OSError:
        line.cut()


async def _there(pieces: Sequence[bytes]) -> Pieces:
    for each in pieces:
        yield each


def _framed(body: Body) -> Headers:
    if not isinstance(body, Sequence):
        return [("Transfer-Encoding", "chunked")]
    return [("Content-Length", str(sum(map(len, body))))] if body else []


def _written(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers]


def _read(headers: Iterable[tuple[bytes, bytes]]) -> Mapping[str, str]:
    return {name.decode("ascii"): value.decode("latin-1") for name, value in headers}
