import asyncio
import hmac
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from bot.rules.attempts import MOST_DELIVERY_TRIES, pause
from bot.store.intake import Intake
from bot.store.schema import deliveries
from bot.web.app import make_app, serve
from tests.github.embedded import REPO
from tests.work.house import House, built

SECRET = "the secret of these tests"


@dataclass(kw_only=True)
class Front:
    """The app as its sender meets it, and the worker behind it."""

    house: House
    http: aiohttp.ClientSession
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def home(self) -> dict[str, Any]:
        """Where the app is installed, in a payload's words."""
        there = await self.house.hub.acts("GET ")
        return {
            "installation": {"id": self.house.hub.installation},
            "repository": {"full_name": REPO, "id": there["id"]},
            "sender": {"id": self.house.hub.ann["id"], "login": "ann", "type": "User"},
        }

    async def deliver(self, event: str, body: bytes) -> tuple[int, str]:
        """Post a signed delivery; return the answer's status and text."""
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": f"tests-{next(self.numbers)}",
            "X-Hub-Signature-256": "sha256=" + hmac.digest(SECRET.encode(), body, "sha256").hex(),
        }
        async with self.http.post("/webhook", data=body, headers=headers) as answer:
            return answer.status, await answer.text()

    async def endings(self) -> list[tuple[str, str, str]]:
        """What became of each delivery of these tests: its event, its state and why."""
        columns = deliveries.c.event, deliveries.c.state, deliveries.c.note
        ours = select(*columns).where(deliveries.c.guid.like("tests-%")).order_by(deliveries.c.id)
        async with self.house.store.read() as rows:
            return [tuple(row) for row in await rows.execute(ours)]

    async def settles(self) -> list[tuple[str, str, str]]:
        """Let time pass until nothing waits for another try; return the endings.

        Each delivery may need all its tries, and keeps those behind it waiting meanwhile.
        """
        longest = pause(MOST_DELIVERY_TRIES)
        for _ in range(MOST_DELIVERY_TRIES * (len(await self.endings()) + 1)):
            await self.house.settles("inbox")
            if not any(state == "waiting" for _, state, _ in await self.endings()):
                break
            self.house.time.now += longest
        return await self.endings()


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    """The web process and a worker over one database, beside the embedded GitHub."""
    async with built(tmp_path) as house:
        intake = Intake(house.store)
        app = make_app((SecretStr(SECRET),), intake, house.store, house.time.clock)
        committing = asyncio.create_task(intake.run())
        async with (
            serve(app, "127.0.0.1", 0) as port,
            aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http,
        ):
            await house.issue("")
            await house.settles("inbox")
            yield Front(house=house, http=http)
        committing.cancel()
        await asyncio.wait([committing])
