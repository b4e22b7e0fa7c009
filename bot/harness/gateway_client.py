"""The harness's side of the gateway: heartbeats, the end, and what others want forwarded.

Every request opens a connection of its own, since the gateway may have been restarted in
between; one that is away is tried again for minutes before anybody is told.
"""

import asyncio
import io
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Self

import aiohttp
from yarl import URL

from bot.harness.claim import message_from
from bot.model.errors import Fenced, Unavailable
from bot.model.runs import Message

PATIENCE = 10 * 60.0
"""Seconds during which a gateway that is away is tried again."""

LOOKS_FOR = 10.0
"""Seconds for messages to be had: an agent that is done is not to run out of time by it."""

ANSWER_WITHIN = 60.0
"""Seconds for which a request may be silent."""

_LONGEST_PAUSE = 5.0
_AWAY = frozenset({500, 502, 503, 504})
_FENCED = frozenset({401, 409})

NO_HEADERS: Mapping[str, str] = MappingProxyType({})

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway said."""

    status: int
    body: bytes


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

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            "http://greenroom",
            connector=aiohttp.UnixConnector(path=self._path, force_close=True),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=ANSWER_WITHIN),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def heartbeat(self) -> bool:
        """Say that the job lives, and return whether it is to go on.

        Raises:
            Fenced: a newer job has taken over.
            Unavailable: no gateway answered this time.
        """
        answer = await self._once("POST", "/heartbeat", _json({}), {})
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
        under = {**headers, "Idempotency-Key": key or uuid.uuid4().hex}
        return await self._until_answered(
            lambda: self._once("POST", path, _json(payload), under), path
        )

    async def get(self, path: str) -> Answer:
        """Get something until the gateway answers.

        Args:
            path: with its query, as it was written.

        Raises:
            Unavailable: it stayed away for `PATIENCE`.
        """
        return await self._until_answered(lambda: self._once("GET", path, None, {}), path)

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

        def form() -> aiohttp.MultipartWriter:
            writer = aiohttp.MultipartWriter("form-data")
            for name, part in (("left", _json(left)), *map(_blob, parts.items())):
                part.set_content_disposition("form-data", name=name)
                writer.append_payload(part)
            return writer

        if patiently:
            answer = await self._until_answered(
                lambda: self._once("POST", "/checkpoint", form(), {}), "/checkpoint"
            )
        else:
            answer = await self._once("POST", "/checkpoint", form(), {})
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

    def stream(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Any,
        silent: float = ANSWER_WITHIN,
    ) -> "aiohttp.client._RequestContextManager":
        """Open a request whose body and answer are streams: git's, and those of models.

        Args:
            method: of HTTP.
            path: with its query, as it was written.
            headers: beside the run token.
            body: as aiohttp takes it.
            silent: seconds for which nothing may come.
        """
        return self._session.request(
            method,
            URL(path, encoded=True),
            headers={**headers, **self._authorization},
            data=body,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=silent),
        )

    async def _once(
        self, method: str, path: str, body: aiohttp.Payload | None, headers: Mapping[str, str]
    ) -> Answer:
        try:
            async with self._session.request(
                method,
                URL(path, encoded=True),
                data=body,
                headers={**headers, **self._authorization},
            ) as response:
                return Answer(response.status, await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            raise Unavailable("gateway", type(problem).__name__, retry_after=0) from problem


def _taken(answer: Answer, what: str) -> None:
    """Raise what a gateway that does not take something means by it."""
    if answer.status in _FENCED:
        raise Fenced("the gateway no longer knows this job")
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise Unavailable("gateway", f"{what}: {answer.status}", retry_after=0)


def _json(payload: Any) -> aiohttp.BytesPayload:
    """Write JSON in as few bytes as it takes: the gateway bounds bytes, not characters."""
    text = json.dumps(payload, ensure_ascii=False)
    return aiohttp.BytesPayload(text.encode("utf-8", "replace"), content_type="application/json")


def _blob(part: tuple[str, bytes]) -> tuple[str, aiohttp.Payload]:
    name, data = part
    return name, aiohttp.BytesIOPayload(io.BytesIO(data), content_type="application/octet-stream")
