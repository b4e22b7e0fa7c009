"""Validations: an agent asks for one and listens to it, and the job of one tells how it goes.

The agent's harness shows a run token, the job of a validation one of its own.  Neither opens
what is the other's.
"""

import asyncio
import re
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from aiohttp import web

from bot.gateway.bases import Bases
from bot.gateway.bodies import LARGEST, Ask, Nothing, Over, Printed, Work, read, shaped
from bot.gateway.layers import Layers
from bot.gateway.parts import arrived
from bot.gateway.tokens import bearer
from bot.model.errors import Refused
from bot.model.ids import Sha, ValidationId
from bot.model.validations import MOST_ARTIFACTS
from bot.rules.reports import MOST_REPORT
from bot.work.validator import Standing, Tree, Validator
from bot.work.verdicts import Left, Verdicts

WAITS = 25.0
"""Seconds that a call is held while there is nothing new, below every patience on its way."""

AT_ONCE = 2
"""Reports that are in memory at the same time; more of them wait."""

PARTS = {"ended": LARGEST, "report": MOST_REPORT, "artifacts": MOST_ARTIFACTS}
"""The parts of a job's last word, and the bytes of each."""

_NUMBER = re.compile(r"[0-9]{1,13}", re.ASCII)
_ANSWERS = frozenset({"validation", "limit", "busy"})  # for the agent, as those of outputs are


class Validations:
    """The handlers of both sides.

    Attributes:
        validator: answers agents.
    """

    def __init__(
        self,
        validator: Validator,
        verdicts: Verdicts,
        layers: Layers | None = None,
        bases: Bases | None = None,
    ) -> None:
        self.validator = validator
        self._layers = layers
        self._bases = bases
        self._verdicts = verdicts
        self._turnstile = asyncio.Semaphore(AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        """Return their addresses."""
        return [
            web.post("/validations", self.ask),
            web.get("/validations/{id}", self.news),
            web.get("/validations/{id}/artifacts", self.artifacts),
            web.post("/validations/{id}/work", self.supply),
            web.post("/validation/launch", self.launch),
            web.get("/validation/work", self.work),
            web.post("/validation/output", self.printed),
            web.post("/validation/verdict", self.end),
            *(self._layers.routes() if self._layers else ()),
            *(self._bases.routes() if self._bases else ()),
        ]

    async def ask(self, request: web.Request) -> web.Response:
        """Answer an agent that asks for a validation."""
        asked = await read(request, Ask)
        tree = Tree(sha=Sha(asked.tree), work=asked.work)
        try:
            ask = self.validator.begin if asked.ahead else self.validator.ask
            standing = await ask(bearer(request), asked.name, tree)
        except Refused as why:
            if why.reason not in _ANSWERS:
                raise
            said = {"accepted": False, "reason": why.reason, "words": why.words}
            return web.json_response(said, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return web.json_response({"accepted": True, **_told(standing, after=0)})

    async def supply(self, request: web.Request) -> web.Response:
        """Take what was to follow a question."""
        come = await read(request, Work)
        name = ValidationId(request.match_info["id"])
        await self.validator.supply(bearer(request), name, come.work)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def news(self, request: web.Request) -> web.Response:
        """Tell what a validation has printed since, or what came of it; wait for it a while."""
        after = _number(request.query.get("after", "0"))
        name = ValidationId(request.match_info["id"])
        standing = await self.validator.news(bearer(request), name, after=after, seconds=WAITS)
        return web.json_response(_told(standing, after=after))

    async def artifacts(self, request: web.Request) -> web.Response:
        """Hand out the files that a validation has left, as a tar."""
        name = ValidationId(request.match_info["id"])
        standing = await self.validator.watch(bearer(request), name)
        left = standing.verdict and standing.verdict.artifacts
        if not left:
            raise Refused("blob", "This validation has left no files.")
        async with self._turnstile:
            data = await self._verdicts.work(left.blob)
        return web.Response(body=data, content_type="application/x-tar")

    async def launch(self, request: web.Request) -> web.Response:
        """Exchange the launch token of a validation's job for its plan and a token."""
        await read(request, Nothing)
        claim = await self._verdicts.claim(bearer(request))
        token = claim.token.get_secret_value()
        return web.json_response({"run_token": token, "plan": asdict(claim.plan)})

    async def work(self, request: web.Request) -> web.Response:
        """Hand out the blob with what differs from the base; wait for it a while."""
        name = await self._verdicts.arrived(bearer(request), seconds=WAITS)
        async with self._turnstile:
            data = await self._verdicts.work(name)
        return web.Response(body=data, content_type="application/octet-stream")

    async def printed(self, request: web.Request) -> web.Response:
        """Take what a command has printed, and say whether it is to go on."""
        said = await read(request, Printed)
        data = said.text.encode()
        go_on = await self._verdicts.printed(bearer(request), data, at=said.at)
        return web.json_response({"go_on": go_on})

    async def end(self, request: web.Request) -> web.Response:
        """Take a job's last word."""
        token = bearer(request)
        await self._verdicts.check(token)
        async with self._turnstile:
            parts = await arrived(request, PARTS)
            over = shaped(parts.get("ended", b""), Over)
            left = Left(parts.get("artifacts"), kept=over.kept, left_out=over.left_out)
            await self._verdicts.end(token, over.ended(parts.get("report")), left)
        return web.Response(status=HTTPStatus.NO_CONTENT)


def _told(standing: Standing, *, after: int) -> dict[str, Any]:
    """Write an answer; `after` counts bytes, and what is not kept any more is left out."""
    begin = standing.printed - len(standing.output)
    new = standing.output[max(after - begin, 0) :]
    return {
        "id": standing.id,
        "under_way": standing.under_way,
        "cached": standing.cached,
        "output": new.decode("utf-8", "replace"),
        "after": max(standing.printed, after),
        "verdict": standing.verdict and asdict(standing.verdict),
        "wants_work": standing.wants_work,
    }


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise Refused("body", "`after` is a number of bytes.")
    return int(text)
