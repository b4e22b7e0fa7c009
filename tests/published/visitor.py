"""The embedded GitHub of this process, and a visitor who asks it for all that it answers."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import jwt
from aiohttp import web

from bot.clocks import system_clock
from bot.devhub.hub import Hub
from bot.devhub.journal import Journal
from bot.devhub.server import application

PERMISSIONS = {
    "actions": "write",
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "members": "read",
    "pull_requests": "write",
    "statuses": "write",
}
EVENTS = (
    "check_run",
    "check_suite",
    "create",
    "delete",
    "fork",
    "issue_comment",
    "issues",
    "label",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "push",
    "repository",
    "status",
    "workflow_job",
    "workflow_run",
)
FILES = {"README.md": "# Untidy\n", "src/a.py": "x=1\n"}


@asynccontextmanager
async def serving(home: Path) -> AsyncIterator[aiohttp.ClientSession]:
    """Run an embedded GitHub that records to `record.jsonl`, and give a client of it."""
    hub = Hub(home / "hub", system_clock(), Journal(home / "record.jsonl"))
    runner = web.AppRunner(application(hub), auto_decompress=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        hub.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession(hub.base) as http:
            yield http
    finally:
        await runner.cleanup()
        hub.journal.close()


async def control(http: aiohttp.ClientSession, line: str, **body: Any) -> Any:
    """Ask the control API; `line` is method and path."""
    method, path = line.split(" ")
    async with http.request(method, f"/_devhub{path}", json=body) as answer:
        assert answer.ok, await answer.text()
        return await answer.json()


@dataclass(kw_only=True)
class Visitor:
    """Asks as an app, as its installation, or as ada, who administers the repository.

    Attributes:
        repository: `owner/name`.
        folder: for clones.
        tokens: by who asks: `app`, `installation`, `ada`.
    """

    http: aiohttp.ClientSession
    repository: str
    clone_url: str
    folder: Path
    installation: int
    tokens: Mapping[str, str]

    async def asks(self, line: str, body: Any = None, *, by: str = "installation") -> Any:
        """Return the JSON of an answer, whatever its status; `{}` where there is none.

        A path that begins with `~` lies in the repository.
        """
        method, path = line.split(" ")
        path = path.replace("~", f"/repos/{self.repository}")
        headers = {"User-Agent": "visitor"}
        if by in self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens[by]}"
        async with self.http.request(method, path, json=body, headers=headers) as answer:
            said = await answer.read() if answer.content_type == "application/json" else b""
            return json.loads(said or "{}")

    async def token(self, installation: int) -> str:
        """Return a token for all of an installation."""
        path = f"/app/installations/{installation}/access_tokens"
        return str((await self.asks(f"POST {path}", by="app"))["token"])

    async def pushes(self, branch: str, path: str, *, to: str = "", by: str = "ada") -> str:
        """Commit a new file on a branch, push it with real git, and return the commit's SHA.

        `to` names another repository than the visitor's own, such as a fork of it.
        """
        clone = self.folder / (to or self.repository).replace("/", "-")
        url = self.clone_url.replace("://", f"://x-access-token:{self.tokens[by]}@")
        url = url.replace(self.repository, to or self.repository)
        if not clone.exists():
            await git("clone", "-q", "-b", branch, url, str(clone))
        (clone / path).write_text("one\ntwo\n", encoding="utf-8")
        at = ("-C", str(clone), "-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        await git(*at, "add", ".")
        await git(*at, "commit", "-qm", f"Add {path}")
        await git(*at, "push", "-q", "origin", branch)
        return await git(*at, "rev-parse", "HEAD")


async def git(*arguments: str) -> str:
    """Run git and return what it prints."""
    process = await asyncio.create_subprocess_exec(
        "git", *arguments, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, arguments
    return said.decode().strip()


async def furnished(http: aiohttp.ClientSession, folder: Path, owner: str) -> Visitor:
    """Make a repository of an owner, a person, with an app installed on it."""
    ada = await control(http, "POST /users", login="ada", name="Ada", email="ada@example.org")
    if owner != "ada":
        await control(http, "POST /organizations", login=owner)
    made = await control(http, "POST /repositories", owner=owner, name="cat", files=FILES)
    await control(http, f"PUT /repositories/{owner}/cat/collaborators/ada", role="admin")
    app = await control(
        http,
        "POST /apps",
        slug="green",
        owner=owner,
        webhook_url="http://127.0.0.1:9/webhook",
        webhook_secret="secret",
        permissions=PERMISSIONS,
        events=EVENTS,
    )
    installed = await control(http, "POST /installations", app="green", account=owner)
    now = int(time.time())
    claims = {"iat": now - 60, "exp": now + 500, "iss": str(app["id"])}
    visitor = Visitor(
        http=http,
        repository=made["full_name"],
        clone_url=made["clone_url"],
        folder=folder,
        installation=installed["id"],
        tokens={"ada": ada["token"], "app": jwt.encode(claims, app["pem"], "RS256")},
    )
    granted = await visitor.token(visitor.installation)
    visitor.tokens = {**visitor.tokens, "installation": granted}
    return visitor
