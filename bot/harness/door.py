"""What a program in a box can ask for: a short list of exact paths, each forwarded.

The run token is added here, so none is ever inside.  A path either is on the list or does
not exist.  Only below `/models/` is it the gateway that knows which there are.
"""

import asyncio
import json
import re
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from bot.harness.beside import beside
from bot.harness.checkpoint import Take
from bot.harness.gateway_client import ANSWER_WITHIN, Answer, Gateway
from bot.harness.hypertext import Asked, Pieces, converse
from bot.harness.validations import Validations
from bot.model.errors import Refused, Unavailable
from bot.rules.greeting import Listed, answered, speaks
from bot.wires import CHUNK, Wire, serve

MOST_OPEN = 192
"""Connections to a door, each with one of ours beside it at most; more of them wait.

With as many tunnels, a process that may open 1,024 files has some left for its heartbeat.
"""

_ANSWERS = "/(?:outputs|steps|notes|checks|mcp)"
_AT_ONCE = 8
_KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)
_MODEL = (
    r"/models/[a-z]+(?:/(?!\.)[A-Za-z0-9._:@~+-]+)*/?"  # no step up
    r"(?:\?[A-Za-z0-9._=&%-]*)?"
)
_THINKS = 15 * 60.0  # seconds; models are silent while they think, and the job's time is bounded
_MODEL_HEADERS = (
    *("Accept", "Content-Type", "Content-Encoding"),
    *("Anthropic-Version", "Anthropic-Beta", "OpenAI-Beta"),
)
_TOOL_HEADERS = ("Accept", "Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name")
_GIT_HEADERS = ("Accept", "Content-Type", "Content-Encoding", "Git-Protocol")
_ANSWERS_HEADERS = ("Content-Type", "Content-Encoding", "Cache-Control")

Heard = Callable[[str, object, Answer], None]
"""Told of each request that the gateway answered: path, payload, answer."""


@dataclass(frozen=True, slots=True)
class _Route:
    """What is done with requests.

    Attributes:
        targets: their paths and queries.
        method: of HTTP; None for any.
        handle: has one of them answered, or returns what the answer is.
    """

    targets: re.Pattern[str]
    method: str | None
    handle: Callable[[Asked], Awaitable[Answer | None]]


def agents_door(  # noqa: PLR0913 - all that an agent may ask for
    listener: socket.socket,
    gateway: Gateway,
    heard: Heard,
    asks: Callable[[], None],
    take: Take,
    *,
    tools: Listed = (),
) -> AbstractAsyncContextManager[None]:
    """Serve the agent: what it asks for, validations, models, and fetching from the mirror.

    Args:
        listener: listens already.
        gateway: where all goes.
        heard: told of what the gateway answered.
        asks: called when the agent asks a model something.
        take: takes the workspace as it is, for validations.
        tools: what the agent is offered; with none, the gateway alone answers for them.
    """
    turnstile = asyncio.Semaphore(_AT_ONCE)
    validations = Validations(gateway, take)

    async def forward(asked: Asked) -> Answer:
        async with turnstile:
            return await _forward(asked, gateway, heard, validations, tools)

    return _served(
        listener,
        _route(_ANSWERS, "POST", forward),
        _route(r"/validations", "POST", validations.post),
        _route(r"/validations/[^/]+", "GET", validations.news),
        *_git(gateway, "/git/mirror.git", "git-upload-pack"),
        _route(_MODEL, None, partial(_ask, gateway, asks)),
    )


def push_door(listener: socket.socket, gateway: Gateway) -> AbstractAsyncContextManager[None]:
    """Serve the harness's own push into quarantine, and nothing else."""
    return _served(listener, *_git(gateway, "/git/quarantine.git", "git-receive-pack"))


async def _forward(
    asked: Asked, gateway: Gateway, heard: Heard, validations: Validations, tools: Listed
) -> Answer:
    try:
        payload = json.loads(await asked.read())
    except (ValueError, RecursionError):
        return _refused(HTTPStatus.BAD_REQUEST, "json", "The body is not JSON.")
    if asked.target == "/mcp" and (said := _greeted(asked, payload, tools)):
        return said
    given = asked.headers.get("idempotency-key", "")
    key = given if _KEY.fullmatch(given) else None
    named = _named(asked.headers, _TOOL_HEADERS)
    if asked.target == "/mcp":
        named |= await validations.called(payload)
    try:
        answer = await gateway.post(asked.target, payload, key, named)
    except Unavailable:
        return _away()
    heard(asked.target, payload, answer)
    return answer


def _greeted(asked: Asked, message: object, tools: Listed) -> Answer | None:
    """Answer what an agent asks before it calls a tool: three trips, and it waits for each."""
    said = answered(message, tools) if tools and speaks(asked.headers) else None
    if said is None:
        return None
    if not said:
        return Answer(HTTPStatus.ACCEPTED, b"")
    return Answer(HTTPStatus.OK, json.dumps(said).encode())


def _git(gateway: Gateway, repository: str, service: str) -> Sequence[_Route]:
    """Serve one service of one repository over git's smart HTTP.

    https://git-scm.com/docs/http-protocol
    """

    async def pass_on(asked: Asked) -> Answer | None:
        return await _stream(asked, gateway, _GIT_HEADERS)

    return (
        _route(re.escape(f"{repository}/info/refs?service={service}"), "GET", pass_on),
        _route(re.escape(f"{repository}/{service}"), "POST", pass_on),
    )


async def _ask(gateway: Gateway, asks: Callable[[], None], asked: Asked) -> Answer | None:
    """Pass on what is asked of a model; which requests are good ones, the gateway says.

    None has to wait for another: a program's own helpers ask models side by side.
    """
    if asked.method == "POST":
        asks()
    return await _stream(asked, gateway, _MODEL_HEADERS, _THINKS)


async def _stream(
    asked: Asked, gateway: Gateway, names: Sequence[str], silent: float = ANSWER_WITHIN
) -> Answer | None:
    """Pass a request on with the headers that are named, and its answer back as it comes."""
    headers = _named(asked.headers, names)
    begun = broken = False

    async def pieces() -> Pieces:
        nonlocal broken
        try:
            async for piece in asked.line.pieces():
                yield piece
        except OSError:
            broken = True
            raise

    body = pieces() if asked.has_body else ()
    try:
        async with gateway.stream(asked.method, asked.target, headers, body, silent) as far:
            begun = True
            await asked.begin(far.status, [*_named(far.headers, _ANSWERS_HEADERS).items()])
            async for piece in far.line.pieces():
                await asked.more(piece)
            await asked.end()
    except OSError:
        if begun:
            raise
        return _broken() if broken else _away()
    return None


def _named(headers: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    return {name: headers[name.lower()] for name in names if name.lower() in headers}


def _away() -> Answer:
    words = "Greenroom's gateway is away; try again later."
    return _refused(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", words)


def _broken() -> Answer:
    return _refused(HTTPStatus.BAD_REQUEST, "body", "The request broke off, or is no HTTP.")


def _refused(status: HTTPStatus, reason: str, words: str) -> Answer:
    said = {"accepted": False, "reason": reason, "words": words}
    return Answer(status, json.dumps(said).encode())


def _route(
    targets: str, method: str | None, handle: Callable[[Asked], Awaitable[Answer | None]]
) -> _Route:
    return _Route(re.compile(targets, re.ASCII), method, handle)


def _served(listener: socket.socket, *routes: _Route) -> AbstractAsyncContextManager[None]:
    async def answer(asked: Asked) -> None:
        said = await _answered(routes, asked)
        if said is not None:
            await asked.answer(said.status, said.body, said.kind)

    async def has(wire: Wire) -> None:
        await converse(wire, answer)

    return beside(serve(listener, has, most_head=CHUNK, most=MOST_OPEN))


async def _answered(routes: Sequence[_Route], asked: Asked) -> Answer | None:
    """Have a request answered by the first route that leads anywhere."""
    found = [each for each in routes if each.targets.fullmatch(asked.target)]
    if not found:
        return _refused(HTTPStatus.NOT_FOUND, "path", "There is no such address.")
    (route, *_) = found
    if route.method not in {None, asked.method}:
        return _refused(HTTPStatus.METHOD_NOT_ALLOWED, "method", f"Only {route.method} is served.")
    try:
        return await route.handle(asked)
    except Refused as why:
        return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, why.reason, why.words)
