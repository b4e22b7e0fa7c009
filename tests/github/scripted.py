"""A stand-in at the wire: a real server that answers what a test scripts, and writes down
what it was asked.  Every request is held against GitHub's published description."""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.github.moments import stamp
from bot.model.clock import Clock
from tests.published.description import check_request

START = 1_800_000_000.0
INSTALLATION = 7
EXAMPLES = Path(__file__).parents[1] / "data/published/examples.json"
TOKENS = "/app/installations/7/access_tokens"


class Time:
    """Time that passes only when somebody sleeps, or when the test moves it."""

    def __init__(self) -> None:
        self.now = START
        self.slept: list[float] = []
        self.clock = Clock(lambda: self.now)

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        self.slept.append(seconds)
        await asyncio.sleep(0)
        self.now = max(self.now, until)


@dataclass(frozen=True, slots=True)
class Seen:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    at: float

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


class Gate:
    """Holds an answer back until the test opens it."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()


@dataclass(frozen=True, slots=True)
class Answer:
    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    gate: Gate | None = None
    cut: bool = False
    raw: bytes | None = None


class Script:
    """Answers by "METHOD /path": in turn, the last one again and again."""

    def __init__(self, time: Time) -> None:
        self.url = ""
        self.seen: list[Seen] = []
        self.problems: list[str] = []
        self._time = time
        self._answers: defaultdict[str, deque[Answer]] = defaultdict(deque)
        self._last: dict[str, Answer] = {}
        self._minted = 0

    def on(self, line: str, body: Any = None, status: int = 200, **more: Any) -> None:
        self._answers[line].append(Answer(body, status, **more))

    def asked(self, line: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.line == line]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        sent = await request.read()
        path = request.rel_url.raw_path
        body = json.loads(sent) if sent else None
        query = dict(request.query)
        headers = {name.lower(): value for name, value in request.headers.items()}
        seen = Seen(request.method, path, query, headers, body, self._time.now)
        self.seen.append(seen)
        self.problems += check_request(request.method, path, query, body)
        return await self._reply(self._next(seen), request)

    def _next(self, seen: Seen) -> Answer:
        if waiting := self._answers[seen.line]:
            self._last[seen.line] = waiting.popleft()
        if seen.line in self._last:
            return self._last[seen.line]
        return self._token() if seen.path.endswith("/access_tokens") else Answer(None, 599)

    def _token(self) -> Answer:
        self._minted += 1
        expires = stamp(self._time.now + 3600)
        token = f"ghs_7_{'long' * 60}{self._minted}"
        return Answer({"token": token, "expires_at": expires}, 201)

    async def _reply(self, answer: Answer, request: web.Request) -> web.StreamResponse:
        if answer.gate is not None:
            answer.gate.reached.set()
            await answer.gate.open.wait()
        if answer.cut and request.transport is not None:
            request.transport.close()
        if answer.body is None:
            return web.Response(body=answer.raw, status=answer.status, headers=answer.headers)
        return web.json_response(answer.body, status=answer.status, headers=answer.headers)


@cache
def _examples() -> Any:
    return json.loads(EXAMPLES.read_text())


def example(operation: str, status: int = 200, **changes: Any) -> Any:
    """One of GitHub's own example answers, with some fields changed."""
    body = next(iter(_examples()[operation][str(status)].values()))
    return {**body, **changes} if changes else body
