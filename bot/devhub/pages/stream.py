"""Server-Sent Events: an open page hears that something in a repository has changed.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aiohttp import web

from bot.devhub.changes import Change

_HEARTBEAT = 20.0
"""Seconds of silence after which a comment is sent, to find out who has left."""

_ANYWHERE = "*"


class _Listener:
    """An open page: what it has not been told yet."""

    def __init__(self) -> None:
        self._news: dict[str, None] = {}
        self._rings = asyncio.Event()

    def hear(self, where: str) -> None:
        """Remember a repository; it is told once, however often it changes until then."""
        self._news[where] = None
        self._rings.set()

    async def news(self) -> list[str]:
        """Wait until there is some, and return it."""
        await self._rings.wait()
        self._rings.clear()
        news, self._news = list(self._news), {}
        return news


class Stream:
    """Everybody who listens."""

    def __init__(self) -> None:
        self._listeners: set[_Listener] = set()
        self._closed = False

    def hear(self, change: Change) -> None:
        """Tell every open page."""
        where = _ANYWHERE if change.repository is None else change.repository.full_name
        for listener in self._listeners:
            listener.hear(where)

    async def close(self, _app: web.Application) -> None:
        """Let everybody go, so that the server can stop at once."""
        self._closed = True
        for listener in self._listeners:
            listener.hear(_ANYWHERE)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Send `owner/name` for each change in a repository, `*` for one that may be anywhere."""
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        # A reset connection is a page that was left.
        with suppress(ConnectionResetError), self._listening() as listener:
            await response.write(b": listening\n\n")
            while not self._closed:
                await response.write(await _next(listener))
        return response

    @contextmanager
    def _listening(self) -> Iterator[_Listener]:
        listener = _Listener()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.remove(listener)


async def _next(listener: _Listener) -> bytes:
    try:
        async with asyncio.timeout(_HEARTBEAT):
            return "".join(f"data: {where}\n\n" for where in await listener.news()).encode()
    except TimeoutError:
        return b": still here\n\n"
