"""The embedded GitHub with an app installed, and a person to act beside it."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bot.devhub.hub import Hub
from bot.devhub.journal import Journal
from bot.devhub.server import application
from bot.github.client import AtRepository, Credentials, GitHub
from bot.github.permissions import union
from bot.model.ids import InstallationId, Repo
from tests.devhub.keys import one_key, read
from tests.github.scripted import Time
from tests.published.description import check_request

REPO = Repo("octo/cat")


@dataclass(kw_only=True)
class Embedded:
    """One hub with the app on `octo/cat`, and ann, who may write there."""

    base: str
    http: aiohttp.ClientSession
    github: GitHub
    app: Mapping[str, Any]
    ann: Mapping[str, Any]
    installation: InstallationId
    record: Path

    @property
    def octo(self) -> AtRepository:
        return self.github.at(self.installation, REPO)

    async def control(self, line: str, /, **body: Any) -> Any:
        return await control(self.http, self.base, line, **body)

    async def acts(self, line: str, /, **body: Any) -> Any:
        """Do something as ann."""
        method, path = line.split(" ")
        headers = {"Authorization": f"token {self.ann['token']}", "User-Agent": "ann"}
        url = f"{self.base}/repos/{REPO}{path}"
        async with self.http.request(method, url, json=body, headers=headers) as response:
            assert response.ok, await response.text()
            return await response.json()

    async def opens_an_issue(self) -> int:
        return int((await self.acts("POST /issues", title="Untidy"))["number"])

    def problems(self) -> list[str]:
        """What GitHub's description has against the requests that the app made."""
        lines = map(json.loads, self.record.read_text().splitlines())
        ours = [line for line in lines if line.get("caller") in {"app", "installation"}]
        assert ours
        return [
            problem
            for line in ours
            for problem in check_request(
                line["method"], line["path"], line["query"], line["request_body"]
            )
        ]


async def control(http: aiohttp.ClientSession, base: str, line: str, **body: Any) -> Any:
    method, path = line.split(" ")
    async with http.request(method, f"{base}/_devhub{path}", json=body) as response:
        assert response.ok, await response.text()
        return await response.json()


@asynccontextmanager
async def embedded(home: Path, time: Time, hook: str) -> AsyncIterator[Embedded]:
    record = home / "record.jsonl"
    hub = Hub(home, time.clock, Journal(record))
    runner = web.AppRunner(application(hub), auto_decompress=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hub.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with aiohttp.ClientSession() as http:
            with one_key():
                yield await furnished(http, hub.base, time, hook, record)
    finally:
        await runner.cleanup()
        hub.journal.close()


async def furnished(
    http: aiohttp.ClientSession, base: str, time: Time, hook: str, record: Path
) -> Embedded:
    await control(http, base, "POST /organizations", login="octo")
    ann = await control(http, base, "POST /users", login="ann")
    app = await control(
        http,
        base,
        "POST /apps",
        slug="greenroom",
        owner="octo",
        webhook_url=hook,
        webhook_secret="secret",
        permissions=union(),
        events=["issues", "issue_comment"],
    )
    files = {"README.md": "# Cat\n"}
    await control(http, base, "POST /repositories", owner="octo", name="cat", files=files)
    await control(http, base, "PUT /repositories/octo/cat/collaborators/ann", role="maintain")
    there = await control(http, base, "POST /installations", app="greenroom", account="octo")
    credentials = Credentials(app_id=app["id"], key=read(app["pem"]))
    return Embedded(
        base=base,
        http=http,
        github=GitHub(http, credentials, time.clock, base_url=base, sleep=time.sleep),
        app=app,
        ann=ann,
        installation=InstallationId(there["id"]),
        record=record,
    )
