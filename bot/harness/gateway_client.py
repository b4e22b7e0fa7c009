"""The harness's side of the gateway: heartbeats, the end, and what others want forwarded.

Every request opens a connection of its own, since the gateway may have been restarted in
between; one that is away is tried again for minutes before anybody is told.
"""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from bot.harness.claim import message_from
from bot.harness.hypertext import CLIENT, Body, Line, Said, asking
from bot.model.errors import Fenced, Unavailable
from bot.model.runs import Message
from bot.wires import CHUNK, Wire

PATIENCE = 10 * 60.0
"""Seconds during which a gateway that is away is tried again."""

LOOKS_FOR = 10.0
"""Seconds for messages to be had: an agent that is done is not to run out of time by it."""

ANSWER_WITHIN = 60.0
"""Seconds for which a request may be silent."""

_CONNECTS_WITHIN = 10.0
_LONGEST_PAUSE = 5.0
_AWAY = frozenset({500, 502, 503, 504})
_FENCED = frozenset({401, 409})

_JSON, _BYTES = "application/json", "application/octet-stream"
_SAYS_JSON = {"Content-Type": _JSON}
NO_HEADERS: Mapping[str, str] = MappingProxyType({})

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway said; `kind` is the content type of the body."""

    status: int
    body: bytes
    kind: str = _JSON


class Gateway:
    """The gateway, as one run may use it.

    Args:
        path: of its socket.
        token: the run token, which stays in this process.
    """

    def __init__(self, path: str, token: str, sleep: Sleep = asyncio.sleep) -> None:
        self._path = path
        self._sleep = sleep
        self._authorization = {"Authorization": f"Bearer {token}"}

    async def heartbeat(self) -> bool:
        """Say that the job lives, and return whether it is to go on.

        Raises:
            Fenced: a newer job has taken over.
            Unavailable: no gateway answered this time.
        """
        answer = await self._once("POST", "/heartbeat", [b"{}"], _SAYS_JSON)
        _taken(answer, "heartbeat")
        return json.loads(answer.body)["go_on"] is True

    async def answers(self) -> None:
        """Return once the gateway answers.

        Raises:
            Fenced: a newer job has taken over.
            Unavailable: it stayed away for `PATIENCE`.
        """
        _taken(await self.post("/heartbeat", {}), "heartbeat")

    async def messages(self, after: int) -> Sequence[Message]:
        """Return what has come for the job since its agent was told so many messages.

        Raises:
            Fenced: a newer job has taken over.
            Unavailable: no gateway answered in time.
        """
        try:
            async with asyncio.timeout(LOOKS_FOR):
                answer = await self.post("/messages", {"after": after})
        except TimeoutError:
            raise Unavailable("gateway", "/messages was not answered", retry_after=0) from None
        _taken(answer, "messages")
        return [message_from(fields) for fields in json.loads(answer.body)["messages"]]

    async def finish(self, report: Mapping[str, Any]) -> None:
        """Hand in the end of the job.

        Raises:
            Fenced: a newer job has taken over.
            Unavailable: no gateway took it in time.
        """
        _taken(await self.post("/finish", report), "finish")

    async def post(
        self,
        path: str,
        payload: Any,
        key: str | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Answer:
        """Post JSON until the gateway answers, under one key for all tries.

        Raises:
            Unavailable: it stayed away for `PATIENCE`.
        """
        under = {**_SAYS_JSON, **headers, "Idempotency-Key": key or uuid.uuid4().hex}
        body = [_json(payload)]
        return await self._until_answered(lambda: self._once("POST", path, body, under), path)

    async def get(self, path: str) -> Answer:
        """Get something until the gateway answers.

        Args:
            path: with its query, as it was written.

        Raises:
            Unavailable: it stayed away for `PATIENCE`.
        """
        return await self._until_answered(lambda: self._once("GET", path, (), {}), path)

    async def leave(
        self, left: Mapping[str, Any], parts: Mapping[str, bytes], *, patiently: bool
    ) -> None:
        """Hand in a checkpoint: its names, and the blobs that the gateway does not have.

        Args:
            left: names.
            parts: bytes.
            patiently: whether a gateway that is away is tried again.

        Raises:
            Fenced: a newer job has taken over.
            Unavailable: no gateway took it.
        """
        edge = uuid.uuid4().hex  # in no blob, but by a chance of nothing
        form = _form(edge, left, parts)
        kind = {"Content-Type": f"multipart/form-data; boundary={edge}"}

        async def once() -> Answer:
            return await self._once("POST", "/checkpoint", form, kind)

        answer = await (self._until_answered(once, "/checkpoint") if patiently else once())
        _taken(answer, "checkpoint")

    async def _until_answered(self, once: Callable[[], Awaitable[Answer]], path: str) -> Answer:
        loop = asyncio.get_running_loop()
        pause, give_up = 0.05, loop.time() + PATIENCE
        while True:
            try:
                answer = await once()
            except Unavailable:
                answer = None
            if answer is not None and answer.status not in _AWAY:
                return answer
            if loop.time() + pause > give_up:
                raise Unavailable("gateway", f"{path} was not answered", retry_after=pause)
            await self._sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Body,
        silent: float = ANSWER_WITHIN,
    ) -> AsyncIterator[Said]:
        """Make a request whose body and answer are streams: git's, and those of models.

        Args:
            method: of HTTP.
            path: with its query, as it was written.
            headers: beside the run token.
            body: as `asking` takes it.
            silent: seconds for which nothing may come.

        Raises:
            OSError: nobody answers, or the answer breaks off.
        """
        async with asyncio.timeout(_CONNECTS_WITHIN):
            wire = Wire(*await asyncio.open_unix_connection(self._path, limit=CHUNK))
        line = Line(wire, CLIENT, silent)
        given = [*headers.items(), *self._authorization.items()]
        try:
            async with asking(line, method, path, given, body) as said:
                yield said
        finally:
            line.cut()

    async def _once(
        self, method: str, path: str, body: Sequence[bytes], headers: Mapping[str, str]
    ) -> Answer:
        try:
            async with self.stream(method, path, headers, body) as said:
                kind = said.headers.get("content-type", _JSON)
                return Answer(said.status, await said.read(), kind)
        except OSError as problem:
            raise Unavailable("gateway", type(problem).__name__, retry_after=0) from problem


def _taken(answer: Answer, what: str) -> None:
    """Raise what a gateway that does not take something means by it."""
    if answer.status in _FENCED:
        raise Fenced("the gateway no longer knows this job")
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise Unavailable("gateway", f"{what}: {answer.status}", retry_after=0)


def _json(payload: Any) -> bytes:
    """Write JSON in as few bytes as it takes: the gateway bounds bytes, not characters."""
    return json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")


def _form(edge: str, left: Mapping[str, Any], blobs: Mapping[str, bytes]) -> list[bytes]:
    """Write the names and the blobs as a form: https://www.rfc-editor.org/rfc/rfc7578."""
    parts = [("left", _JSON, _json(left)), *((name, _BYTES, data) for name, data in blobs.items())]
    written = [piece for part in parts for piece in _part(edge, *part)]
    return [*written, f"--{edge}--\r\n".encode()]


def _part(edge: str, name: str, kind: str, data: bytes) -> tuple[bytes, bytes, bytes]:
    head = (
        f"--{edge}\r\n"
        f'Content-Disposition: form-data; name="{name}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    )
    return head.encode(), data, b"\r\n"
