"""What a program in a box can ask for: a short list of exact paths, each forwarded.

The run token is added here, so none is ever inside.  A path either is on the list or does
not exist.  Only below `/models/` is it the gateway that knows which there are.
"""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp
from aiohttp import web

from bot.harness.checkpoint import Take
from bot.harness.gateway_client import ANSWER_WITHIN, Answer, Gateway
from bot.harness.validations import Validations
from bot.model.errors import Unavailable

LARGEST = 1024**2
"""Bytes of an output, step or note."""

_ANSWERS = ("/outputs", "/steps", "/notes", "/checks", "/mcp")
_AT_ONCE = 8
_CHUNK = 1 << 16
_KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)
_MODEL = re.compile(r"/models/[a-z]+(?:/(?!\.)[A-Za-z0-9._:@~+-]+)*/?", re.ASCII)
_QUERY = re.compile(r"[A-Za-z0-9._=&%-]*", re.ASCII)
_THINKS = 15 * 60.0  # seconds; models are silent while they think, and the job's time is bounded
_MODEL_HEADERS = (
    *("Accept", "Content-Type", "Content-Encoding"),
    *("Anthropic-Version", "Anthropic-Beta", "OpenAI-Beta"),
)
_TOOL_HEADERS = ("Accept", "Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name")
_GIT_HEADERS = ("Accept", "Content-Type", "Content-Encoding", "Git-Protocol")

Heard = Callable[[str, object, Answer], None]
"""Told of each request that the gateway answered: path, payload, answer."""


@asynccontextmanager
async def agents_door(
    listener: socket.socket,
    gateway: Gateway,
    heard: Heard,
    asks: Callable[[], None],
    take: Take,
) -> AsyncIterator[None]:
    """Serve the agent: what it asks for, validations, models, and fetching from the mirror.

    Args:
        listener: listens already.
        gateway: where all goes.
        heard: told of what the gateway answered.
        asks: called when the agent asks a model something.
        take: takes the workspace as it is, for validations.
    """
    turnstile = asyncio.Semaphore(_AT_ONCE)
    validations = Validations(gateway, take)

    async def forward(request: web.Request) -> web.Response:
        async with turnstile:
            return await _forward(request, gateway, heard, validations)

    app = web.Application(client_max_size=LARGEST)
    app.add_routes([web.post(path, forward) for path in _ANSWERS])
    app.add_routes(validations.routes())
    _add_git(app, gateway, "/git/mirror.git", "git-upload-pack")
    _add_models(app, gateway, asks)
    async with _served(app, listener):
        yield


@asynccontextmanager
async def push_door(listener: socket.socket, gateway: Gateway) -> AsyncIterator[None]:
    """Serve the harness's own push into quarantine, and nothing else."""
    app = web.Application()
    _add_git(app, gateway, "/git/quarantine.git", "git-receive-pack")
    async with _served(app, listener):
        yield


async def _forward(
    request: web.Request, gateway: Gateway, heard: Heard, validations: Validations
) -> web.Response:
    try:
        payload = json.loads(await request.read())
    except (ValueError, RecursionError):
        return _refused(HTTPStatus.BAD_REQUEST, "json", "The body is not JSON.")
    given = request.headers.get("Idempotency-Key", "")
    key = given if _KEY.fullmatch(given) else None
    named = {name: request.headers[name] for name in _TOOL_HEADERS if name in request.headers}
    if request.path == "/mcp":
        named |= await validations.called(payload)
    try:
        answer = await gateway.post(request.path, payload, key, named)
    except Unavailable:
        words = "Greenroom's gateway is away; try again later."
        return _refused(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", words)
    heard(request.path, payload, answer)
    return web.Response(status=answer.status, body=answer.body, content_type="application/json")


def _add_git(app: web.Application, gateway: Gateway, repository: str, service: str) -> None:
    """Serve one service of one repository over git's smart HTTP.

    https://git-scm.com/docs/http-protocol
    """

    async def advertise(request: web.Request) -> web.StreamResponse:
        if request.query_string != f"service={service}":
            return _refused(HTTPStatus.FORBIDDEN, "service", f"Only {service} is served here.")
        return await _stream(request, gateway, f"{repository}/info/refs?service={service}")

    async def exchange(request: web.Request) -> web.StreamResponse:
        return await _stream(request, gateway, f"{repository}/{service}")

    app.router.add_get(f"{repository}/info/refs", advertise)
    app.router.add_post(f"{repository}/{service}", exchange)


def _add_models(app: web.Application, gateway: Gateway, asks: Callable[[], None]) -> None:
    """Serve the models' interfaces; which requests are good ones, the gateway says.

    None has to wait for another: a program's own helpers ask models side by side.
    """

    async def ask(request: web.Request) -> web.StreamResponse:
        path, query = request.rel_url.raw_path, request.rel_url.raw_query_string
        if not (_MODEL.fullmatch(path) and _QUERY.fullmatch(query)):
            return _refused(HTTPStatus.NOT_FOUND, "path", "There is no such model interface.")
        if request.method == "POST":
            asks()
        whole = f"{path}?{query}" if query else path
        return await _stream(request, gateway, whole, _MODEL_HEADERS, _THINKS)

    app.router.add_route("*", "/models/{tail:.+}", ask)


async def _stream(
    request: web.Request,
    gateway: Gateway,
    path: str,
    named: Sequence[str] = _GIT_HEADERS,
    silent: float = ANSWER_WITHIN,
) -> web.StreamResponse:
    """Pass a request on with the headers that are named, and its answer back as it comes."""
    headers = {name: request.headers[name] for name in named if name in request.headers}
    body = request.content if request.can_read_body else None
    near: web.StreamResponse | None = None
    try:
        async with gateway.stream(request.method, path, headers, body, silent) as far:
            near = web.StreamResponse(status=far.status, headers=_kept(far))
            await near.prepare(request)
            async for chunk in far.content.iter_chunked(_CHUNK):
                await near.write(chunk)
            await near.write_eof()
            return near
    except (aiohttp.ClientError, TimeoutError, OSError):
        if near is not None and near.prepared:
            # half an answer cannot be taken back: break the connection
            if request.transport is not None:
                request.transport.abort()
            return near
        words = "Greenroom's gateway is away; try again later."
        return _refused(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", words)


def _kept(far: aiohttp.ClientResponse) -> dict[str, str]:
    names = ("Content-Type", "Content-Encoding", "Cache-Control")
    return {name: far.headers[name] for name in names if name in far.headers}


def _refused(status: HTTPStatus, reason: str, words: str) -> web.Response:
    return web.json_response({"accepted": False, "reason": reason, "words": words}, status=status)


@asynccontextmanager
async def _served(app: web.Application, listener: socket.socket) -> AsyncIterator[None]:
    # bodies are passed on as they are: git's are often compressed
    runner = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    finally:
        await runner.cleanup()
