"""What an agent asks to have validated: its tree is taken first, and then the gateway asked.

The agent says a name and nothing more.  Which tree it is about we say, so that no verdict is
ever of another one.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

from bot.harness.checkpoint import Take, Taken
from bot.harness.gateway_client import Answer, Gateway
from bot.harness.hypertext import Asked
from bot.model.errors import Fenced, Unavailable
from bot.model.validations import KNOWN, REFUSED, VALIDATE, VALIDATION
from bot.workspace.snapshot import GitFailed

APART = 0.2
"""Seconds from one question to the next: each costs a look at the whole tree."""

AT_ONCE = 8
"""Programs of one agent that may ask, and as many that may wait for what is printed."""

_NEWS = re.compile(r"(/validations/[0-9A-Z]{1,64})(?:\?after=[0-9]{1,15}|(\?artifacts))", re.ASCII)
_AWAY = "Greenroom's gateway is away; try again later."


class Validations:
    """The part of an agent's door that leads to validations.

    Args:
        gateway: decides.
        take: takes the workspace as it is.
    """

    def __init__(self, gateway: Gateway, take: Take) -> None:
        self._gateway = gateway
        self._take = take
        self._turn = asyncio.Lock()
        self._next = 0.0
        self._asking = asyncio.Semaphore(AT_ONCE)
        self._listening = asyncio.Semaphore(AT_ONCE)

    async def post(self, asked: Asked) -> Answer:
        """Answer an agent that asks for one."""
        try:
            async with self._asking:  # nobody's bodies pile up here
                return await self.ask(str(json.loads(await asked.read())["name"]))
        except (ValueError, RecursionError, TypeError, KeyError):
            return _refused(HTTPStatus.BAD_REQUEST, "body", "Send a name, as JSON.")

    async def ask(self, name: str, *, ahead: bool = False) -> Answer:
        """Take the tree, and ask for a validation of it; `ahead` where the agent has not."""
        async with self._turn:
            loop = asyncio.get_running_loop()
            await asyncio.sleep(self._next - loop.time())
            try:
                async with self._take() as taken:
                    about = {"tree": taken.tree, "work": taken.work}
                    fields = {"name": name, **about, **({"ahead": True} if ahead else {})}
                    answer = await self._gateway.post("/validations", fields)
                    await self._follow(answer, taken)
                    return _noted(answer, taken)
            except (Fenced, Unavailable):
                return _refused(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", _AWAY)
            except (GitFailed, OSError, TimeoutError, ValueError) as problem:
                words = f"The tree could not be taken: {problem}"
                return _refused(HTTPStatus.UNPROCESSABLE_ENTITY, "tree", words)
            finally:
                self._next = loop.time() + APART

    async def _follow(self, answer: Answer, taken: Taken) -> None:
        """Hand in the work that is waited for, or say that it will not come."""
        said = json.loads(answer.body) if answer.status == HTTPStatus.OK else {}
        if not said.get("wants_work"):
            return
        at = f"/validations/{said['id']}/work"
        try:
            name = await taken.leave()
        except (GitFailed, OSError, TimeoutError, ValueError):
            await self._gateway.post(at, {"work": None})
            raise
        await self._gateway.post(at, {"work": name})

    async def news(self, asked: Asked) -> Answer:
        """Pass on what one has printed, and what came of it, or the files that it has left."""
        found = _NEWS.fullmatch(asked.target)
        if found is None:
            return _refused(HTTPStatus.NOT_FOUND, "path", "There is none of this id.")
        target = f"{found[1]}/artifacts" if found[2] else asked.target
        try:
            async with self._listening:
                return await self._gateway.get(target)
        except Unavailable:
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", _AWAY)

    async def called(self, message: object) -> Mapping[str, str]:
        """Ask for what a call of the tool is about; return what the gateway is told of that."""
        match message:
            case {"method": "tools/call", "params": {"name": str(tool), "arguments": dict(given)}}:
                name = given.get("name")
                if tool == VALIDATE and isinstance(name, str):
                    return _heads(await self.ask(name))
            case _:
                pass
        return {}


def _noted(answer: Answer, taken: Taken) -> Answer:
    """Say beside an answer how many files are not in the tree that it is about."""
    if answer.status != HTTPStatus.OK or not taken.left_out:
        return answer
    said = {**json.loads(answer.body), "left_out": taken.left_out}
    return Answer(answer.status, json.dumps(said).encode())


def _heads(answer: Answer) -> Mapping[str, str]:
    try:
        said = json.loads(answer.body)
        if answer.status == HTTPStatus.OK:
            known = {KNOWN: "yes"} if said["cached"] else {}
            return {VALIDATION: str(said["id"]), **known}
        return {REFUSED: quote(str(said["words"])[:1000])}
    except (ValueError, KeyError, TypeError):
        return {REFUSED: quote(f"The gateway answered {answer.status}.")}


def _refused(status: HTTPStatus, reason: str, words: str) -> Answer:
    said = {"accepted": False, "reason": reason, "words": words}
    return Answer(status, json.dumps(said).encode("utf-8", "replace"))
