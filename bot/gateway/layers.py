"""What setups have added: taken as it comes, into a file, and kept as a blob."""

import asyncio
import tempfile
from http import HTTPStatus
from pathlib import Path

from aiohttp import ClientPayloadError, web

from bot.gateway.tokens import bearer
from bot.model.errors import Refused, Unavailable
from bot.rules.additions import BOUNDS
from bot.work.layers import Layers as Kept

AT_ONCE = 2
"""Layers that arrive at the same time; more of them wait."""

ARRIVES_WITHIN = 10 * 60.0
"""Seconds for one to come."""

_CHUNK = 1 << 18


class Layers:
    """The handler of jobs that hand in what they have added.

    Args:
        kept: keeps it.
        folder: where it lies until all of it has come.
    """

    def __init__(self, kept: Kept, folder: Path) -> None:
        self._kept = kept
        self._folder = folder
        self._turnstile = asyncio.Semaphore(AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        """Return their addresses."""
        return [web.post("/validation/layer", self.post)]

    async def post(self, request: web.Request) -> web.Response:
        """Take what a setup has added."""
        token = bearer(request)
        await self._kept.check(token)
        async with self._turnstile:
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                with tempfile.TemporaryDirectory(dir=self._folder) as folder:
                    file = Path(folder) / "layer"
                    await _arrived(request, file)
                    await self._kept.keep(token, file)
            except OSError as problem:
                raise Unavailable("disk", str(problem), retry_after=5.0) from problem
        return web.Response(status=HTTPStatus.NO_CONTENT)


async def _arrived(request: web.Request, file: Path) -> None:
    """Write a body to a file.

    Raises:
        Refused: `size`, it is too large; `body`, it was broken off, or comes too slowly.
    """
    size = 0
    try:
        with file.open("wb") as written:
            async with asyncio.timeout(ARRIVES_WITHIN):
                async for chunk in request.content.iter_chunked(_CHUNK):
                    size += len(chunk)
                    if size > BOUNDS.packed:
                        raise Refused("size", "It adds too many bytes.")
                    await asyncio.to_thread(written.write, chunk)
    except (ClientPayloadError, ConnectionError, TimeoutError):
        raise Refused("body", "What it has added was broken off.") from None
