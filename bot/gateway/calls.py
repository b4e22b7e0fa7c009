"""What a job says about itself, passed on to the broker, which decides."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from http import HTTPStatus

import structlog
from aiohttp import web

from bot.gateway.bodies import (
    Finish,
    Heard,
    Note,
    Nothing,
    Output,
    Step,
    idempotency_key,
    read,
)
from bot.gateway.tokens import bearer
from bot.model.runs import JobPlan
from bot.rules.greeting import Listed
from bot.rules.outputs import Accepted
from bot.work.broker import DROPPED, Broker

log = structlog.get_logger()


class Calls:
    """The handlers of all that is not git.

    Args:
        broker: decides.
        claimed: told of each job that begins; returns the tools that its agent is offered.
    """

    def __init__(self, broker: Broker, claimed: Callable[[JobPlan], Listed]) -> None:
        self._broker = broker
        self._claimed = claimed

    def routes(self) -> list[web.RouteDef]:
        """Return their addresses."""
        return [
            web.post("/launch", self.launch),
            web.post("/heartbeat", self.heartbeat),
            web.post("/messages", self.messages),
            web.post("/steps", self.step),
            web.post("/notes", self.note),
            web.post("/outputs", self.output),
            web.post("/checks", self.checks),
            web.post("/finish", self.finish),
        ]

    async def launch(self, request: web.Request) -> web.Response:
        """Exchange the launch token for the plan and a run token."""
        await read(request, Nothing)
        claim = await self._broker.claim(bearer(request))
        tools = self._claimed(claim.plan)
        token = claim.run_token.get_secret_value()
        return web.json_response({"run_token": token, "plan": asdict(claim.plan), "tools": tools})

    async def heartbeat(self, request: web.Request) -> web.Response:
        """Say whether the job is to go on."""
        await read(request, Nothing)
        return web.json_response({"go_on": await self._broker.beat(bearer(request))})

    async def messages(self, request: web.Request) -> web.Response:
        """Hand out what has come for the agent while it worked."""
        heard = await read(request, Heard)
        found = await self._broker.messages(bearer(request), after=heard.after)
        return web.json_response({"messages": [asdict(each) for each in found]})

    async def step(self, request: web.Request) -> web.Response:
        """Show one line of progress."""
        step, key = await read(request, Step), idempotency_key(request)
        return _kept(await self._broker.step(bearer(request), step.text, key=key))

    async def note(self, request: web.Request) -> web.Response:
        """Take a note for the next job of the run."""
        note, key = await read(request, Note), idempotency_key(request)
        return _kept(await self._broker.note(bearer(request), note.text, key=key))

    async def output(self, request: web.Request) -> web.Response:
        """Answer an agent that asks to have something done."""
        asked = await read(request, Output)
        key = idempotency_key(request)
        answer = await self._broker.ask(bearer(request), asked.kind, asked.payload, key=key)
        if isinstance(answer, Accepted):
            return web.json_response({"accepted": True, "left": answer.left})
        return _refused(asdict(answer))

    async def checks(self, request: web.Request) -> web.Response:
        """Say how CI of the run stands."""
        await read(request, Nothing)
        return web.json_response({"words": await self._broker.checks(bearer(request))})

    async def finish(self, request: web.Request) -> web.Response:
        """Take the job's last word."""
        finish = await read(request, Finish)
        await self._broker.finish(bearer(request), finish.ended(), told=finish.told)
        return _done()


def _done() -> web.Response:
    return web.Response(status=HTTPStatus.NO_CONTENT)


def _kept(kept: bool) -> web.Response:  # noqa: FBT001 - the broker's answer
    return _done() if kept else _refused({"reason": "limit", "words": DROPPED})


def _refused(why: Mapping[str, object]) -> web.Response:
    fields = {"accepted": False, **why}
    return web.json_response(fields, status=HTTPStatus.UNPROCESSABLE_ENTITY)
