"""One bare repository over smart HTTP, through the real `git http-backend`.

The application that calls `serve` must run with `auto_decompress=False`
(`web.AppRunner(app, auto_decompress=False)`): a fetch with many haves arrives
gzip'ed, and git inflates it itself by the Content-Encoding that is passed on.

https://git-scm.com/docs/git-http-backend
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Literal

import aiohttp
import structlog
from aiohttp import web
from multidict import CIMultiDict

from bot.model.gitconfig import git_config

log = structlog.get_logger()

Service = Literal["git-upload-pack", "git-receive-pack"]
Settled = Callable[[], Awaitable[None]]

_CHUNK = 64 * 1024
_SERVICES: tuple[Service, ...] = ("git-upload-pack", "git-receive-pack")
_REFUSES_STRANGERS = {
    "core.hooksPath": "/dev/null",
    "gc.auto": "0",
    "http.getanyfile": "false",
    "receive.autogc": "false",
}


async def serve(  # noqa: PLR0913 - each is a separate grant of the caller
    request: web.Request,
    repository: Path,
    path: str,
    *,
    services: Collection[Service],
    config: Mapping[str, str] | None = None,
    user: str | None = None,
    settled: Settled | None = None,
) -> web.StreamResponse:
    """Answer one request of a git client, streaming both ways.

    Args:
        request: its body must not have been read.
        repository: the bare repository on disk.
        path: what follows the repository in the address: `info/refs`, `git-upload-pack` or
            `git-receive-pack`.  Anything else is 404; a service that is not allowed is 403.
        services: what this caller may do here.
        config: git configuration for this request only, such as `receive.fsckObjects`,
            `receive.maxInputSize` (bytes) or `core.alternateRefsCommand`.
        user: becomes REMOTE_USER, for git's own log of the push.
        settled: awaited when git has done its work and before the client hears of it; the
            answer is held in memory until then, so it is meant for pushes.
    """
    service = service_of(request.method, path, request.query.get("service"))
    if service is None:
        return web.Response(status=404, text="Not found\n")
    if service not in services:
        return web.Response(status=403, text=f"{service} is not allowed here\n")
    environment = _environment(request, repository, path, service, config or {}, user)
    backend = await asyncio.create_subprocess_exec(
        "git",
        "http-backend",
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        return await _converse(request, backend, settled)
    finally:
        await _reap(backend)


def service_of(method: str, path: str, asked: str | None) -> Service | None:
    """Return the service that a request is for, or None when it is none of smart HTTP's.

    Args:
        method: the request's method.
        path: what follows the repository in the address.
        asked: the query's `service`, which only `info/refs` reads.
    """
    address = {"GET": ("info/refs", asked), "POST": (path, path)}.get(method)
    for service in _SERVICES:
        if address in {("info/refs", service), (service, service)} and address[0] == path:
            return service
    return None


def _environment(  # noqa: PLR0913, PLR0917 - the parts of one CGI environment
    request: web.Request,
    repository: Path,
    path: str,
    service: Service,
    config: Mapping[str, str],
    user: str | None,
) -> dict[str, str]:
    headers = {
        "CONTENT_TYPE": request.headers.get("Content-Type"),
        "CONTENT_LENGTH": request.headers.get("Content-Length"),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding"),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol"),
        "REMOTE_USER": user,
        "REMOTE_ADDR": request.remote,
    }
    enabled = {f"http.{service.removeprefix('git-').replace('-', '')}": "true"}
    safe = {"safe.directory": str(repository)}
    return {
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "GIT_PROJECT_ROOT": str(repository),
        "PATH_INFO": f"/{path}",
        "GIT_HTTP_EXPORT_ALL": "1",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query_string,
        **{name: value for name, value in headers.items() if value is not None},
        **git_config({**_REFUSES_STRANGERS, **enabled, **safe, **config}.items()),
    }


async def _converse(
    request: web.Request, backend: asyncio.subprocess.Process, settled: Settled | None
) -> web.StreamResponse:
    """Pump the request in and the answer out at once: git speaks before it has heard all."""
    response = web.StreamResponse(status=500)
    try:
        async with asyncio.TaskGroup() as pumps:
            pumps.create_task(_feed(request, backend))
            pumps.create_task(_complain(backend))
            await _answer(request, backend, response, settled)
    except* (ConnectionError, aiohttp.ClientPayloadError):
        log.info("git.client_gone", path=request.path)
    return response


async def _feed(request: web.Request, backend: asyncio.subprocess.Process) -> None:
    assert backend.stdin is not None
    async for chunk in request.content.iter_chunked(_CHUNK):
        # git may hang up first, having refused; its answer says why.
        with contextlib.suppress(ConnectionError):
            backend.stdin.write(chunk)
            await backend.stdin.drain()
    backend.stdin.close()


async def _complain(backend: asyncio.subprocess.Process) -> None:
    assert backend.stderr is not None
    if said := await backend.stderr.read():
        log.warning("git.http_backend", said=said[-_CHUNK:].decode(errors="replace").rstrip())


async def _answer(
    request: web.Request,
    backend: asyncio.subprocess.Process,
    response: web.StreamResponse,
    settled: Settled | None,
) -> None:
    assert backend.stdout is not None
    status, headers = await _cgi_head(backend.stdout)
    held = b""
    if settled is not None:
        held = await backend.stdout.read()
        await backend.wait()
        await settled()
    response.set_status(status)
    response.headers.update(headers)
    await response.prepare(request)
    if held:
        await response.write(held)
    while chunk := await backend.stdout.read(_CHUNK):
        await response.write(chunk)
    await response.write_eof()


async def _cgi_head(stdout: asyncio.StreamReader) -> tuple[int, CIMultiDict[str]]:
    """Read the CGI header block; a backend that died before it finished one is a 500."""
    status, headers = 200, CIMultiDict[str]()
    while line := (await stdout.readline()).decode("latin-1").strip():
        name, _, value = line.partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers.add(name, value.strip())
    return (status if headers else 500), headers


async def _reap(backend: asyncio.subprocess.Process) -> None:
    """Kill what is left of the backend and its children, and collect it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(backend.pid, signal.SIGKILL)
    await backend.wait()
