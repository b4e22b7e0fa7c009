"""A hub with an organization, people, an app and a repository, and ears for its webhooks."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import jwt
from aiohttp import web

from bot.clocks import move_clock, system_clock
from bot.devhub.hub import Hub
from bot.devhub.journal import Journal
from bot.devhub.server import application
from tests.devhub.keys import one_key

SECRET = "a secret of the webhook"
REPO = "/repos/acme/demo"
FILES = {"README.md": "# Demo\n", "src/a.py": "x=1\n"}
PERMISSIONS = {
    "actions": "write",
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "pull_requests": "write",
    "statuses": "write",
}
EVENTS = [
    "check_run",
    "check_suite",
    "create",
    "delete",
    "issue_comment",
    "issues",
    "label",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "push",
    "status",
    "workflow_job",
    "workflow_run",
]


@dataclass
class Answer:
    status: int
    headers: Any
    body: Any


@dataclass
class Ear:
    """The app's webhook: takes every delivery that is signed, and answers as told."""

    url: str = ""
    status: int = 202
    silent: bool = False
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    headers: list[Any] = field(default_factory=list)

    async def hook(self, request: web.Request) -> web.Response:
        body = await request.read()
        expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert request.headers["X-Hub-Signature-256"] == f"sha256={expected}"
        self.heard.append((request.headers["X-GitHub-Event"], json.loads(body)))
        self.headers.append(request.headers)
        if self.silent:
            await asyncio.Event().wait()
        return web.Response(status=self.status)

    @property
    def names(self) -> list[str]:
        return [".".join(filter(None, (name, said.get("action")))) for name, said in self.heard]

    def last(self, event: str) -> dict[str, Any]:
        return next(said for name, said in reversed(self.heard) if name == event)


@dataclass
class Stage:
    hub: Hub
    http: aiohttp.ClientSession
    ear: Ear
    clock: Path
    record: Path
    app: dict[str, Any] = field(default_factory=dict)
    installation: int = 0
    tokens: dict[str, str] = field(default_factory=dict)

    async def ask(self, line: str, token: str = "", body: Any = None, **headers: str) -> Answer:
        """Send `METHOD /path`; headers are spelled with underscores."""
        method, path = line.split(" ", 1)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        async with self.http.request(
            method, self.hub.base + path, json=body, headers=sent
        ) as response:
            text = await response.text()
            kind = response.headers.get("Content-Type", "")
            said = json.loads(text) if text and kind.startswith("application/json") else text
            return Answer(response.status, response.headers, said)

    async def did(self, line: str, token: str = "", body: Any = None, **headers: str) -> Any:
        """Send what has to succeed, and return its body."""
        answer = await self.ask(line, token, body, **headers)
        assert answer.status < 400, (line, answer.status, answer.body)
        return answer.body

    async def control(self, line: str, **body: Any) -> Any:
        method, path = line.split(" ", 1)
        return await self.did(f"{method} /_devhub{path}", body=body)

    async def person(self, login: str, role: str = "none") -> str:
        made = await self.control("POST /users", login=login)
        await self.control(f"PUT /repositories/acme/demo/collaborators/{login}", role=role)
        self.tokens[login] = made["token"]
        return str(made["token"])

    def jwt(self, *, issued: float = -60, expires: float = 300, **claims: Any) -> str:
        now = int(self.hub.now())
        whole = {"iat": now + issued, "exp": now + expires, "iss": str(self.app["id"]), **claims}
        return jwt.encode(whole, self.app["pem"], algorithm="RS256")

    async def token(self, **narrow: Any) -> str:
        path = f"/app/installations/{self.installation}/access_tokens"
        made = await self.did(f"POST {path}", self.jwt(), narrow or None)
        return str(made["token"])

    def moves(self, seconds: float) -> None:
        move_clock(self.clock, seconds)

    async def switch(self, **switches: Any) -> None:
        await self.control("PATCH /switches", **switches)

    async def drained(self) -> None:
        assert (await self.control("GET /drained"))["drained"]

    async def opens_issue(self, **fields: Any) -> int:
        body = {"title": "Untidy", "body": "Please", **fields}
        return int((await self.did(f"POST {REPO}/issues", self.tokens["ann"], body))["number"])


@asynccontextmanager
async def raised(folder: Path) -> AsyncIterator[Stage]:
    """Serve an empty hub in this process, and one webhook."""
    clock, record = folder / "clock", folder / "record.jsonl"
    hub = Hub(folder / "home", system_clock(clock), Journal(record))
    ear = Ear()
    door = web.Application()
    door.router.add_post("/webhook", ear.hook)
    runners = [
        web.AppRunner(door, handler_cancellation=True),
        web.AppRunner(application(hub), auto_decompress=False, shutdown_timeout=1),
    ]
    for runner in runners:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
    ear.url = f"http://127.0.0.1:{runners[0].addresses[0][1]}/webhook"
    hub.base = f"http://127.0.0.1:{runners[1].addresses[0][1]}"
    async with aiohttp.ClientSession() as http:
        with one_key():
            yield Stage(hub, http, ear, clock, record)
    for runner in reversed(runners):
        await runner.cleanup()
    hub.journal.close()


async def furnish(stage: Stage) -> None:
    """Make acme/demo, ann who runs it, and the app that is installed there."""
    await stage.control("POST /organizations", login="acme")
    await stage.control("POST /repositories", owner="acme", name="demo", files=FILES, private=True)
    await stage.person("ann", "admin")
    stage.app = await stage.control(
        "POST /apps",
        slug="greenroom",
        owner="acme",
        webhook_url=stage.ear.url,
        webhook_secret=SECRET,
        permissions=PERMISSIONS,
        events=EVENTS,
    )
    made = await stage.control("POST /installations", app="greenroom", account="acme")
    stage.installation = made["id"]
    stage.tokens["app"] = await stage.token()


def hours(count: float) -> float:
    return count * 3600
