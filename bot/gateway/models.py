"""The door to language models: agents ask here, without a key, and are answered as it comes.

Whatever an agent may not have is said with status 400, in the words of its own dialect: that
ends every agent at once, while it would try others again for minutes.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, get_args
from weakref import WeakValueDictionary

import aiohttp
import structlog
from aiohttp import web
from pydantic import SecretStr

from bot.gateway.tokens import bearer
from bot.gateway.upstream import LARGE, Answer, NoAnswer, Upstream
from bot.model.errors import Fenced, Refused
from bot.model.models import Provider
from bot.rules.dialects.base import BAD_REQUEST, Body, Dialect, Request, Tally
from bot.rules.dialects.events import Events
from bot.rules.dialects.roster import first, spoken
from bot.work.spending import Reserved, Spending

log = structlog.get_logger()

MOST_BODY = 16 << 20
"""Bytes of a request."""

MOST_ANSWER = 64 << 20
"""Bytes of an answer."""

AT_ONCE = 8
"""Requests of one job that are under way side by side; more of them wait."""

ARRIVES_WITHIN = 60.0
"""Seconds for a request to come."""

LATE = NoAnswer(status=None, words="The model did not answer in time.", again=False, free=False)

_CHUNK = 1 << 16
_PROVIDERS: Mapping[str, Provider] = {each: each for each in get_args(Provider)}


class Models:
    """The handlers of requests to models."""

    def __init__(self, spending: Spending, upstream: Upstream) -> None:
        self._spending = spending
        self._upstream = upstream
        self._turnstiles: WeakValueDictionary[SecretStr, asyncio.Semaphore] = WeakValueDictionary()

    def routes(self) -> list[web.RouteDef]:
        """Return their addresses."""
        return [web.route("*", "/models/{provider:[a-z]+}{path:(?:/.*)?}", self.answer)]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request: what agents look at before they ask is answered here."""
        provider = _PROVIDERS.get(request.match_info["provider"])
        if provider is None:
            raise web.HTTPNotFound
        path = _path(request)
        if request.method in {"GET", "HEAD"} and not path:
            return web.Response()
        dialect = spoken(provider, path)
        if request.method != "POST" or dialect is None:
            said = first(provider).refusal("Greenroom does not serve this address.")
            return web.json_response(said, status=HTTPStatus.NOT_FOUND)
        turnstile = self._turnstiles.setdefault(bearer(request), asyncio.Semaphore(AT_ONCE))
        async with turnstile:
            return await self._ask(request, provider, dialect)

    async def _ask(
        self, request: web.Request, provider: Provider, dialect: Dialect
    ) -> web.StreamResponse:
        token, ask = bearer(request), None
        try:
            asked, size = await _arrived(request)
            ask = dialect.read(provider, asked, size)
            self._upstream.check(provider)
            ask = self._spending.chosen(ask)
            fitted = dialect.fitted(asked, ask)
            reserved = await self._spending.reserve(token, ask)
        except Fenced:
            return _refusal(dialect, "This job is over.")
        except Refused as refused:
            model = ask.model if ask else ""
            await self._spending.refused(token, provider, model, refused.words)
            return _refusal(dialect, refused.words)
        return await self._through(request, dialect, fitted, reserved)

    async def _through(
        self, request: web.Request, dialect: Dialect, fitted: Request, reserved: Reserved
    ) -> web.StreamResponse:
        """Pass a request on, and its answer back; what was set aside is put right in any case."""
        passing = _Passing(request, dialect)
        unanswered: NoAnswer | None = None

        async def lost(found: NoAnswer) -> bool:
            """Count a try that nobody saw the end of as spent, and set money aside once more."""
            nonlocal reserved
            await self._settle(reserved, passing, found)
            token, ask = bearer(request), reserved.ask
            try:
                reserved = await self._spending.reserve(token, ask)
            except Fenced:
                return False
            except Refused as refused:
                await self._spending.refused(token, ask.provider, ask.model, refused.words)
                return False
            return True

        try:
            async with (
                asyncio.timeout(self._upstream.patience.whole),
                self._upstream.ask(
                    reserved.ask, fitted, request.headers, passing.gone, lost
                ) as found,
            ):
                if isinstance(found, NoAnswer):
                    unanswered = found
                else:
                    await passing.back(found)
        except TimeoutError:
            if passing.near is None:
                unanswered = LATE
            passing.cut()
        finally:
            await self._settle(reserved, passing, unanswered)
        if unanswered is not None:
            return _refusal(dialect, unanswered.for_agents)
        return await passing.end()

    async def _settle(
        self, reserved: Reserved, passing: "_Passing", unanswered: NoAnswer | None
    ) -> None:
        status: int | None = HTTPStatus.OK
        if unanswered is not None:
            words, status = unanswered.words, unanswered.status
            await self._spending.unanswered(reserved, words, status=status, free=unanswered.free)
        else:
            tally, whole = passing.tally, passing.whole
            await self._spending.settle(reserved, tally, status=HTTPStatus.OK, whole=whole)
        run, model = reserved.caller.run, reserved.ask.model
        log.info("model.answered", run=run, model=model, status=status, whole=passing.whole)


class _Passing:
    """One answer on its way back.

    Attributes:
        near: what the agent gets; None before it begins.
        tally: what it has told of its cost so far.
        whole: whether it was heard to its end.
    """

    def __init__(self, request: web.Request, dialect: Dialect) -> None:
        self.near: web.StreamResponse | None = None
        self.tally = Tally()
        self.whole = False
        self._request = request
        self._dialect = dialect

    def gone(self) -> bool:
        """Tell whether the agent has left."""
        transport = self._request.transport
        return transport is None or transport.is_closing()

    def cut(self) -> None:
        """Break the connection: half an answer cannot be taken back."""
        if self.near is not None and self._request.transport is not None:
            self._request.transport.abort()

    async def back(self, answer: Answer) -> None:
        """Pass an answer on as it comes, and read along what it tells of its cost."""
        self.near = web.StreamResponse(headers={"Content-Type": answer.kind})
        size, meter = 0, _meter(answer.kind, self._add)
        try:
            await self.near.prepare(self._request)
            async for piece in answer.pieces():
                size += len(piece)
                if size > MOST_ANSWER:
                    self.cut()
                    return
                meter.feed(piece)
                await self.near.write(piece)
            meter.close()
            self.whole = True
        except (aiohttp.ClientError, ConnectionError, TimeoutError):
            self.cut()

    async def end(self) -> web.StreamResponse:
        """End it; by then its cost is written down, so that the next request is judged by it."""
        assert self.near is not None
        if self.whole:
            with suppress(ConnectionError):
                await self.near.write_eof()
        return self.near

    def _add(self, said: Any) -> None:
        for each in said if isinstance(said, list) else [said]:
            if isinstance(each, dict):
                self.tally = self._dialect.told(self.tally, each)


class _Stream:
    """Reads an answer that comes as events."""

    def __init__(self, add: Callable[[Any], None]) -> None:
        self._add = add
        self._events = Events()

    def feed(self, piece: bytes) -> None:
        for said in self._events.feed(piece):
            self._add(said)

    def close(self) -> None:
        for said in self._events.close():
            self._add(said)


class _Whole:
    """Reads an answer that is one piece of JSON."""

    def __init__(self, add: Callable[[Any], None]) -> None:
        self._add = add
        self._text = bytearray()

    def feed(self, piece: bytes) -> None:
        self._text += piece

    def close(self) -> None:
        try:
            self._add(json.loads(self._text))
        except ValueError:
            return


def _meter(kind: str, add: Callable[[Any], None]) -> _Stream | _Whole:
    return _Stream(add) if kind == "text/event-stream" else _Whole(add)


async def _arrived(request: web.Request) -> tuple[Request, int]:
    """Read a request; return it with its size in bytes.

    Raises:
        Refused: `size`, `body`: it is too large, too slow, or no JSON.
    """
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused("body", "Send the request as it is, without a Content-Encoding.")
    data = bytearray()
    try:
        async with asyncio.timeout(ARRIVES_WITHIN):
            async for chunk in request.content.iter_chunked(_CHUNK):
                data += chunk
                if len(data) > MOST_BODY:
                    raise Refused("size", f"A request has {MOST_BODY >> 20} MiB at most.")
    except (TimeoutError, aiohttp.ClientPayloadError, ConnectionError):
        raise Refused("body", "The request came too slowly, or ended too early.") from None
    small = len(data) < LARGE
    body = _object(data) if small else await asyncio.to_thread(_object, data)
    return Request(path=_path(request), query=request.query_string, body=body), len(data)


def _path(request: web.Request) -> str:
    return request.match_info["path"].removeprefix("/")


def _object(data: bytes | bytearray) -> Body:
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Refused("body", "The request is no JSON object.")
    return said


def _refusal(dialect: Dialect, words: str) -> web.Response:
    return web.json_response(dialect.refusal(words), status=BAD_REQUEST)
