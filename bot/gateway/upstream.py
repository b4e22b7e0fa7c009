"""A model's provider: asked with the real key, again where it is worth it, and heard bit by bit.

The key is here and in the request, and nowhere else.  Of what a provider says when it does
not answer, only its status goes on, and the word that it has for the kind of error.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp
import structlog
from yarl import URL

from bot.model.errors import Refused
from bot.model.models import Ask, Provider
from bot.model.settings import Address
from bot.rules.dialects.base import Body, Request
from bot.rules.dialects.messages import betas

log = structlog.get_logger()

VERSION = "2023-06-01"
"""https://docs.anthropic.com/en/api/versioning"""

PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
"""Statuses that another try may be spared; 529 is Anthropic's own word for too many requests."""

GIVEN_UP = "The model gave no answer, and Greenroom has asked it often enough."
"""What an agent is told where another try might have helped.

It is to end, whatever it thinks of that: opencode tries again for a minute when the words of
an error have `429`, `500` or `rate_limit` in them, be its status what it may.
"""

LARGE = 256 * 1024
"""Bytes of JSON that is read and written in a thread; less holds nobody up for a millisecond."""

_KIND = re.compile(r"[A-Za-z_]{1,64}", re.ASCII)
_TOO_LONG = re.compile(
    r"too long|context.length|context.window|maximum.context|exceeds? the (?:maximum|limit)",
    re.IGNORECASE,
)
_MOST_ERROR = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a provider is waited for, in seconds.

    Attributes:
        pauses: before each further try.
        connect: for a connection.
        silence: between two pieces of an answer, and before the first.
        whole: for all tries and the whole answer.
    """

    pauses: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0, 20.0)
    connect: float = 15.0
    silence: float = 300.0
    whole: float = 20 * 60.0

    @property
    def longest_pause(self) -> float:
        """The longest that a provider may ask us to wait, before it counts as a no."""
        return 3 * max(self.pauses, default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, of which the first piece has come."""

    response: aiohttp.ClientResponse
    first: bytes

    @property
    def kind(self) -> str:
        """Its content type."""
        return self.response.content_type

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield it as it comes.

        Raises:
            aiohttp.ClientError: it is broken off.
            TimeoutError: nothing comes any more.
        """
        yield self.first
        async for piece in self.response.content.iter_any():
            yield piece


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """What stands instead of an answer.

    Attributes:
        status: what the provider said; None when it said nothing.
        words: one sentence, safe to show to people.
        again: whether another try may be spared it.
        free: whether it is known to have cost nothing.
        after: seconds that the provider wants to be left alone.
    """

    status: int | None
    words: str
    again: bool
    free: bool = True
    after: float = 0.0

    @property
    def for_agents(self) -> str:
        """Return what the agent is told; people are told the words."""
        return GIVEN_UP if self.again else self.words


class Upstream:
    """The providers that are set up."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        providers: Mapping[Provider, Address],
        patience: Patience,
    ) -> None:
        self._http = http
        self._providers = providers
        self._patience = patience

    def check(self, provider: Provider) -> None:
        """See that a provider is set up.

        Raises:
            Refused: `provider`, it is not.
        """
        if provider not in self._providers:
            raise Refused("provider", f"No key for {provider} is set up here.")

    @property
    def patience(self) -> Patience:
        """How long it is waited for."""
        return self._patience

    @asynccontextmanager
    async def ask(
        self,
        ask: Ask,
        request: Request,
        given: Mapping[str, str],
        gone: Callable[[], bool],
        lost: Callable[[NoAnswer], Awaitable[bool]],
    ) -> AsyncIterator[Answer | NoAnswer]:
        """Ask a provider until it answers, or has been asked often enough.

        Args:
            ask: who is asked, and with how many bytes.
            request: what.
            given: the headers of who asks.
            gone: tells whether they have left.
            lost: hears of a try that may have cost something, and tells whether there is money
                for another one.
        """
        provider, body = ask.provider, request.body
        small = ask.size < LARGE
        data = _written(body) if small else await asyncio.to_thread(_written, body)
        found = await self._try(provider, request, data, given)
        for pause in self._patience.pauses:
            if isinstance(found, Answer) or not self._worth(found) or gone():
                break
            if not (found.free or await lost(found)):
                break
            log.warning("model.tried_again", provider=provider, status=found.status)
            await asyncio.sleep(max(pause, found.after))
            found = await self._try(provider, request, data, given)
        try:
            yield found
        finally:
            if isinstance(found, Answer):
                found.response.close()

    def _worth(self, found: NoAnswer) -> bool:
        return found.again and found.after <= self._patience.longest_pause

    async def _try(
        self, provider: Provider, request: Request, data: bytes, given: Mapping[str, str]
    ) -> Answer | NoAnswer:
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=self._patience.connect, sock_read=self._patience.silence
        )
        try:
            response = await self._http.post(
                self._url(provider, request),
                data=data,
                headers=self._headers(provider, given),
                timeout=timeout,
                allow_redirects=False,
            )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return NoAnswer(status=None, words=f"{_name(provider)} is not reached.", again=True)
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            return _broken(provider, problem)
        return await _begun(provider, response)

    def _url(self, provider: Provider, request: Request) -> URL:
        base, path = self._providers[provider].url, request.path
        if provider in {"openai", "compatible"}:  # whose addresses have the version in them
            path = path.removeprefix("v1/")
        query = f"?{request.query}" if request.query else ""
        return URL(f"{base}/{path}{query}", encoded=True)

    def _headers(self, provider: Provider, given: Mapping[str, str]) -> dict[str, str]:
        key = self._providers[provider].key
        secret = key.get_secret_value() if key else ""
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        match provider:
            case "anthropic":
                wanted = betas(given.get("anthropic-beta", ""))
                named = {"anthropic-beta": wanted} if wanted else {}
                return headers | named | {"x-api-key": secret, "anthropic-version": VERSION}
            case "gemini":
                return headers | {"x-goog-api-key": secret}
            case "openai" | "compatible":
                return headers | ({"Authorization": f"Bearer {secret}"} if secret else {})


async def _begun(provider: Provider, response: aiohttp.ClientResponse) -> Answer | NoAnswer:
    """Return an answer when its first piece is there."""
    try:
        if response.status == HTTPStatus.OK:
            if first := await response.content.readany():
                return Answer(response=response, first=first)
            words = f"{_name(provider)} gave an empty answer."
            return _none(response, NoAnswer(status=None, words=words, again=True, free=False))
        text = await response.content.read(_MOST_ERROR)
    except (aiohttp.ClientError, TimeoutError, OSError) as problem:
        return _none(response, _broken(provider, problem))
    return _none(response, _said(provider, response, text))


def _written(body: Body) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def _broken(provider: Provider, problem: Exception) -> NoAnswer:
    """Judge a request that went out and came to nothing: one that is silent may be at work."""
    silent = isinstance(problem, TimeoutError)
    words = "did not answer in time" if silent else "broke off before it answered"
    return NoAnswer(status=None, words=f"{_name(provider)} {words}.", again=not silent, free=False)


def _none(response: aiohttp.ClientResponse, found: NoAnswer) -> NoAnswer:
    response.close()
    return found


def _said(provider: Provider, response: aiohttp.ClientResponse, text: bytes) -> NoAnswer:
    """Make a safe sentence of an error: of its text only what kind it is."""
    status = response.status
    kind, long = _kind(text)
    words = f"{_name(provider)} answered {status}{f' ({kind})' if kind else ''}."
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        words = f"{words} Its key, which the operator has set, is not accepted."
    elif long:
        words = f"{words} The prompt is too long."
    after = response.headers.get("Retry-After", "")
    seconds = float(after) if after.isdecimal() else 0.0
    return NoAnswer(status=status, words=words, again=status in PASSING, after=seconds)


def _kind(text: bytes) -> tuple[str, bool]:
    """Return the provider's word for an error, and whether the request was too long for it."""
    try:
        said: Any = json.loads(text)
    except ValueError:
        return "", False
    error = said.get("error") if isinstance(said, dict) else None
    if not isinstance(error, dict):
        return "", False
    kind = error.get("type") or error.get("status")
    word = kind if isinstance(kind, str) and _KIND.fullmatch(kind) else ""
    about = f"{error.get('code')} {error.get('message')}"
    return word, bool(_TOO_LONG.search(about.replace("_", " ")))


_NAMES: Mapping[Provider, str] = {
    "anthropic": "Anthropic",
    "openai": "OpenAI",
    "gemini": "Gemini",
    "compatible": "The model's provider",
}


def _name(provider: Provider) -> str:
    return _NAMES[provider]
