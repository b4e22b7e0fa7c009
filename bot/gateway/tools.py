"""The tools of agents that speak the Model Context Protocol, on behalf of one job each.

They are the calls of `bot.gateway.calls` in another dress: the same broker decides, by the
same token, at the moment of the call.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from pydantic import SecretStr, ValidationError

from bot.gateway.bodies import Note, Step, idempotency_key, received, words_of
from bot.gateway.tokens import bearer
from bot.model import validations
from bot.model.errors import Fenced, Refused, Unavailable
from bot.model.ids import ValidationId
from bot.model.runs import JobPlan
from bot.rules import agenttools
from bot.rules.agenttools import Said
from bot.rules.brief import TOOLED
from bot.rules.greeting import Listed
from bot.work.broker import DROPPED, Broker
from bot.work.validator import Validator

WAITS = 45.0
"""Seconds that a call of `validate` waits for a verdict; many clients give up after 60."""

_TO_THE_END = 1 << 62


class Tools:
    """The handler of all that agents ask by tools.

    Args:
        broker: decides.
        validator: knows of validations; None where there are none.
    """

    def __init__(self, broker: Broker, validator: Validator | None = None) -> None:
        self._broker = broker
        self._validator = validator
        self._protocol: asyncio.Future[ModuleType] | None = None

    def routes(self) -> list[web.RouteDef]:
        """Return its address.  There is no stream to listen to and no session to delete."""
        return [web.post("/mcp", self.answer)]

    def expect(self, plan: JobPlan) -> Listed:
        """Get ready beside everything else, if the agent of a job may come.

        Returns:
            What it is offered, which its harness may tell it as well as we.
        """
        if plan.agent.runtime not in TOOLED:
            return []
        self._begin()
        return agenttools.listed(self._offered(plan))

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one message of an agent."""
        token, body = bearer(request), await received(request)
        job = await self._broker.of(token)
        trying = _Trying(self._validator, token, request.headers)
        calls = _Calls(self._broker, token, idempotency_key(request), trying)
        protocol = await self._ready()
        tools = self._offered(job.plan)
        response: web.Response = await protocol.exchange(request, body, tools, calls.call)
        if calls.problem is not None:
            raise calls.problem
        return response

    def _offered(self, plan: JobPlan) -> Sequence[agenttools.Tool]:
        validations = plan.validations if self._validator else ()
        return agenttools.offered(plan.agent.outputs, validations)

    async def _ready(self) -> ModuleType:
        self._begin()
        assert self._protocol is not None
        return await asyncio.shield(self._protocol)

    def _begin(self) -> None:
        """Import what speaks the protocol, once, in a thread."""
        if self._protocol is None:
            self._protocol = asyncio.get_running_loop().run_in_executor(None, _protocol)


class _Calls:
    """The calls of one request.

    Attributes:
        problem: why one could not be answered; told as any caller's, not in the protocol's words.
    """

    def __init__(
        self, broker: Broker, token: SecretStr, key: str | None, trying: "_Trying"
    ) -> None:
        self.problem: Refused | Fenced | Unavailable | None = None
        self._broker = broker
        self._token = token
        self._key = key
        self._trying = trying

    async def call(self, tool: str, given: Mapping[str, Any]) -> Said:
        """Do what a tool is for."""
        try:
            return await self._called(tool, given)
        except ValidationError as problem:
            return Said(text=f"Refused: {words_of(problem)}", refused=True)
        except (Refused, Fenced, Unavailable) as problem:
            self.problem = problem
            return Said(text="", refused=True)

    async def _called(self, tool: str, given: Mapping[str, Any]) -> Said:
        match tool:
            case "checks":
                return Said(text=await self._broker.checks(self._token))
            case "step":
                text = Step.model_validate(dict(given)).text
                return _kept(await self._broker.step(self._token, text, key=self._key))
            case "note":
                text = Note.model_validate(dict(given)).text
                return _kept(await self._broker.note(self._token, text, key=self._key))
            case validations.VALIDATE:
                return await self._trying.waited()
            case _:
                kind = agenttools.kind_of(tool)
                decided = await self._broker.ask(self._token, kind, given, key=self._key)
                return agenttools.answer(kind, decided)


class _Trying:
    """What the harness says of a validation that its agent's call has asked for."""

    def __init__(
        self, validator: Validator | None, token: SecretStr, headers: Mapping[str, str]
    ) -> None:
        self._validator = validator
        self._token = token
        self._name = headers.get(validations.VALIDATION)
        self._known = validations.KNOWN in headers
        self._refused = unquote(headers.get(validations.REFUSED, agenttools.ASKED_FOR_NOTHING))

    async def waited(self) -> Said:
        """Wait a while for what comes of it."""
        if self._validator is None or self._name is None:
            return Said(text=f"Refused: {self._refused}", refused=True)
        found = await self._validator.news(
            self._token, ValidationId(self._name), after=_TO_THE_END, seconds=WAITS
        )
        return agenttools.validated(
            found.verdict,
            under_way=found.under_way,
            cached=found.cached or self._known,
            output=found.output.decode("utf-8", "replace"),
        )


def _kept(kept: bool) -> Said:  # noqa: FBT001 - the broker's answer
    return Said(text="Taken.") if kept else Said(text=DROPPED, refused=True)


def _protocol() -> ModuleType:
    from bot.gateway import mcp  # noqa: PLC0415 - most of a second, in a thread

    # it warns of odd messages by their own words, which are an agent's and without a bound
    logging.getLogger("mcp").setLevel(logging.ERROR)
    return mcp
