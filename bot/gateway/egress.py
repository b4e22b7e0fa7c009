"""The door to allowed hosts: answers CONNECT on a socket of its own, and carries bytes.

What goes through is not read but for its first words, which have to be TLS for the host that
was asked for.  A connection ends with its job, however little its harness knows of that.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import structlog
from pydantic import SecretStr

from bot.gateway.listener import BACKLOG, listen
from bot.gateway.resolving import Outside, reach
from bot.model.errors import Fenced, Refused, Unavailable
from bot.model.inside import EGRESS
from bot.rules import clienthello
from bot.rules.egress import answer, asked, refused
from bot.wires import Wire, carry, serve
from bot.work.egress import Going, Reaching

log = structlog.get_logger()

MOST_HEAD = 8 * 1024
"""Bytes of a request."""

_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
# as the harness writes it: nothing of what an agent sent is in it but a host and a port
_HEAD = re.compile(
    rb"([^\r\n]+)\r\nProxy-Authorization: Bearer ([A-Za-z0-9._~+/-]{1,256}=*)\r\n\r\n"
)

_STATUSES: Mapping[str, HTTPStatus] = {
    "line": HTTPStatus.BAD_REQUEST,
    "plain": HTTPStatus.BAD_REQUEST,
    "unknown_token": HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
    "many": HTTPStatus.TOO_MANY_REQUESTS,
    "lookup": HTTPStatus.BAD_GATEWAY,
    "silent": HTTPStatus.GATEWAY_TIMEOUT,
}
"""The status for each reason that a connection may be refused for; others are 403."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much of it there may be.

    Attributes:
        at_once: connections of one job side by side.
        whole: connections of all jobs side by side.
        asked: connections that one job may ask for.
        moved: bytes that one job may send and receive.
        arrives: seconds for a request to come, and again for the first words of TLS.
        silent: seconds for which nothing may come, from either side.
        look: seconds between two looks at which jobs are over.
    """

    at_once: int = 64
    whole: int = 384
    asked: int = 5_000
    moved: int = 8 << 30
    arrives: float = 10.0
    silent: float = 5 * 60.0
    look: float = 3.0


@dataclass(slots=True)
class _Job:
    """What one job has had of it."""

    tasks: set["asyncio.Task[object]"] = field(default_factory=set)
    asked: int = 0
    moved: int = 0


class Egress:
    """The door.

    Args:
        reaching: decides, and writes down.
        outside: the internet.
    """

    def __init__(self, reaching: Reaching, outside: Outside, bounds: Bounds | None = None) -> None:
        self._reaching = reaching
        self._outside = outside
        self._bounds = bounds or Bounds()
        self._jobs: dict[SecretStr, _Job] = {}

    async def serve(self, folder: Path) -> None:
        """Answer on `egress.sock` in `folder` until cancelled; then every connection is cut."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch())
            listener = listen(folder, EGRESS)
            await serve(listener, self._answer, most_head=MOST_HEAD, backlog=BACKLOG)

    async def _answer(self, near: Wire) -> None:
        """Answer one request."""
        try:
            await self._tunnel(near)
        except Refused as why:
            status = _STATUSES.get(why.reason, HTTPStatus.FORBIDDEN)
            await near.say_last(answer(status, why.words))
        except Fenced:
            await near.say_last(answer(HTTPStatus.CONFLICT, "This job is over."))
        except Unavailable:
            words = "Not now; try again later."
            await near.say_last(answer(HTTPStatus.SERVICE_UNAVAILABLE, words))
        except (OSError, EOFError):
            pass  # whoever asked has left, or was too slow

    async def _tunnel(self, near: Wire) -> None:
        """Lead a connection to where it asks for.

        Raises:
            Refused, Fenced, Unavailable: before anything was said to it.
        """
        async with asyncio.timeout(self._bounds.arrives):
            line, token = await _head(near.reader)
        to = asked(line)
        async with self._of(token) as job:
            going = await self._reaching.allowed(token, to)
            try:
                async with reach(self._outside, to) as far:
                    await near.send(_ESTABLISHED)
                    if hello := await self._greeted(going, near):
                        await self._carry(job, hello, near, far)
            except Refused as why:
                await self._reaching.refused(going, why)
                raise

    async def _greeted(self, going: Going, near: Wire) -> bytes:
        """Return the first words of TLS if they are for this host; else say so in TLS.

        What cannot be written down does not go out: then nothing is said at all.
        """
        try:
            async with asyncio.timeout(self._bounds.arrives):
                hello, name = await _hello(near.reader)
        except ValueError:
            hello, name = b"", None
        with suppress(Unavailable):
            if name == going.to.host:
                await self._reaching.reached(going)
                return hello
            why = refused("tls" if name is None else "another", going.to)
            await self._reaching.refused(going, why)
            await near.say_last(clienthello.REFUSAL)
        return b""

    async def _carry(self, job: _Job, hello: bytes, near: Wire, far: Wire) -> None:
        """Carry bytes both ways until both sides are done, or one is gone, or all is silent."""
        loop, most = asyncio.get_running_loop(), self._bounds.moved
        with suppress(TimeoutError):
            async with asyncio.timeout(self._bounds.silent) as silence:

                def moved(size: int) -> None:
                    silence.reschedule(loop.time() + self._bounds.silent)
                    job.moved += size
                    if job.moved > most:
                        raise ConnectionAbortedError("it has had enough")

                moved(len(hello))
                await far.send(hello)
                await carry(near, far, moved)

    @asynccontextmanager
    async def _of(self, token: SecretStr) -> AsyncIterator[_Job]:
        """Count a connection among those of its job while the block runs.

        Raises:
            Refused: `many`, `much`.
        """
        bounds, job = self._bounds, self._jobs.setdefault(token, _Job())
        job.asked += 1
        whole = sum(len(each.tasks) for each in self._jobs.values())
        if len(job.tasks) >= bounds.at_once or job.asked > bounds.asked or whole >= bounds.whole:
            raise refused("many")
        if job.moved > bounds.moved:
            raise refused("much")
        task = asyncio.current_task()
        assert task is not None
        job.tasks.add(task)
        try:
            yield job
        finally:
            job.tasks.discard(task)

    async def _watch(self) -> None:
        """Cut the connections of jobs that are over, and forget these."""
        while True:
            await asyncio.sleep(self._bounds.look)
            known = set(self._jobs)
            if not known:
                continue
            try:
                over = known - await self._reaching.at_work(known)
            except Unavailable as problem:
                log.warning("egress.unwatched", problem=str(problem))
                continue
            for token in over:
                for task in self._jobs.pop(token).tasks:
                    task.cancel()


async def _head(reader: asyncio.StreamReader) -> tuple[bytes, SecretStr]:
    """Read a request; return its first line and its token.

    Raises:
        Refused: `line`, `unknown_token`: it is too long or another one, or has none.
        OSError, EOFError: it did not come.
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise refused("line") from None
    found = _HEAD.fullmatch(head)
    if found is None:
        raise Refused("unknown_token", "Send Proxy-Authorization: Bearer and a token.")
    return found[1], SecretStr(found[2].decode("ascii"))


async def _hello(reader: asyncio.StreamReader) -> tuple[bytes, str]:
    """Read the first words of TLS; return them with the name that they have.

    Raises:
        ValueError: they are none, or have no name.
        OSError, EOFError: they did not come.
    """
    raw, message = b"", b""
    while not clienthello.is_whole(message):
        head = await reader.readexactly(clienthello.HEAD)
        piece = await reader.readexactly(clienthello.fragment(head))
        raw += head + piece
        message += piece
    return raw, clienthello.server_name(message)
