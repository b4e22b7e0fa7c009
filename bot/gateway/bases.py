"""Images that builds begin with, by the number of their place and by their digest."""

import asyncio
import json
import re

from aiohttp import web

from bot.gateway.tokens import bearer
from bot.model.errors import Refused
from bot.rules.images import INDEX, MANIFEST
from bot.work.bases import Bases as Lent

AT_ONCE = 8
"""Parts of images that are fetched at the same time; more of them wait."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NUMBER = re.compile(r"[0-9]{1,3}", re.ASCII)


class Bases:
    """The handlers of jobs that build."""

    def __init__(self, lent: Lent) -> None:
        self._lent = lent
        self._turnstile = asyncio.Semaphore(AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        """Return their addresses."""
        return [
            web.get("/validation/bases/{number}/manifests/{digest}", self.manifest),
            web.get("/validation/bases/{number}/blobs/{digest}", self.blob),
        ]

    async def manifest(self, request: web.Request) -> web.Response:
        """Hand out a manifest."""
        data = await self._lent.manifest(bearer(request), *_asked(request))
        return web.Response(body=data, content_type=_kind(data))

    async def blob(self, request: web.Request) -> web.StreamResponse:
        """Hand out a part of an image."""
        token, asked = bearer(request), _asked(request)
        async with self._turnstile:
            return web.FileResponse(await self._lent.blob(token, *asked))


def _asked(request: web.Request) -> tuple[int, str]:
    number, digest = request.match_info["number"], request.match_info["digest"]
    if not _NUMBER.fullmatch(number) or not _DIGEST.fullmatch(digest):
        raise Refused("body", "Ask by number and digest.")
    return int(number), digest


def _kind(data: bytes) -> str:
    """Return what a manifest says that it is; one that says nothing is OCI's."""
    said = json.loads(data)
    return str(said.get("mediaType") or (INDEX if "manifests" in said else MANIFEST))
