"""What a job leaves for the next one, and what it finds of the last: bodies that are large.

A checkpoint comes as multipart/form-data: `left`, JSON that names the blobs, and beside it
`work` and `session` where they are not what the run has already.
"""

import asyncio
from http import HTTPStatus
from typing import Annotated

from aiohttp import BodyPartReader, ClientPayloadError, web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from bot.gateway.tokens import bearer
from bot.model.errors import Refused
from bot.model.ids import Sha
from bot.model.runs import Checkpoint
from bot.rules.checkpoints import MOST
from bot.work.checkpoints import Checkpoints

AT_ONCE = 2
"""Checkpoints that are in memory at the same time, of all jobs; more of them wait."""

ARRIVES_WITHIN = 120.0
"""Seconds for a body to come, so that nobody keeps the others waiting for ever."""

_MOST_LEFT = 1024
_CHUNK = 1 << 16

# what aiohttp raises where a body is cut off, or is something else
_BROKEN = (
    *(ClientPayloadError, ConnectionError, HttpProcessingError),
    *(AssertionError, TypeError, ValueError),
)

_Blob = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Left(BaseModel):
    """The names of what a job leaves."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    base: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
    work: _Blob | None = None
    session: _Blob | None = None

    def checkpoint(self) -> Checkpoint:
        """Return them as the rest of the app knows them."""
        return Checkpoint(base=Sha(self.base), work=self.work, session=self.session)


class Blobs:
    """The handlers of what is large."""

    def __init__(self, checkpoints: Checkpoints) -> None:
        self._checkpoints = checkpoints
        self._turnstile = asyncio.Semaphore(AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        """Return their addresses."""
        return [web.post("/checkpoint", self.keep), web.get("/blobs/{name}", self.give)]

    async def keep(self, request: web.Request) -> web.Response:
        """Take what a job leaves."""
        token = bearer(request)
        await self._checkpoints.check(token)
        async with self._turnstile:
            parts = await _arrived(request)
            try:
                left = Left.model_validate_json(parts.pop("left", b""))
            except ValidationError:
                raise Refused("body", "`left` names base, work and session.") from None
            await self._checkpoints.keep(token, left.checkpoint(), parts.values())
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def give(self, request: web.Request) -> web.Response:
        """Hand out what the last job left."""
        async with self._turnstile:
            data = await self._checkpoints.give(bearer(request), request.match_info["name"])
        return web.Response(body=data, content_type="application/octet-stream")


async def _arrived(request: web.Request) -> dict[str, bytes]:
    try:
        async with asyncio.timeout(ARRIVES_WITHIN):
            return await _parts(request)
    except TimeoutError:
        raise Refused("body", "The body came too slowly.") from None
    except _BROKEN:
        raise Refused("body", "The body is no multipart/form-data.") from None


async def _parts(request: web.Request) -> dict[str, bytes]:
    """Read the parts of a body by name.

    Raises:
        Refused: `size`, `body`: one is too large, or is none.
    """
    bounds = {"left": _MOST_LEFT, **MOST}
    parts: dict[str, bytes] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name not in bounds or part.name in parts:
            raise Refused("body", "The parts are `left`, `work` and `session`, each once.")
        parts[part.name] = await _bounded(part, bounds[part.name])
    return parts


async def _bounded(part: BodyPartReader, most: int) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(_CHUNK):
        data += chunk
        if len(data) > most:
            raise Refused("size", f"`{part.name}` has {most} bytes at most.")
    return bytes(data)
