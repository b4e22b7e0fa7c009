"""What a job leaves for the next one, and what it finds of the last: bodies that are large.

A checkpoint comes as multipart/form-data: `left`, JSON that names the blobs, and beside it
`work` and `session` where they are not what the run has already.
"""

import asyncio
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from bot.gateway.parts import arrived
from bot.gateway.tokens import bearer
from bot.model.errors import Refused
from bot.model.ids import Sha
from bot.model.runs import Checkpoint
from bot.rules.checkpoints import MOST
from bot.work.checkpoints import Checkpoints

AT_ONCE = 2
"""Checkpoints that are in memory at the same time, of all jobs; more of them wait."""

_MOST_LEFT = 1024
_BOUNDS = {"left": _MOST_LEFT, **MOST}

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
            parts = await arrived(request, _BOUNDS)
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
