import asyncio
import hmac
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from bot.clocks import system_clock
from bot.store.engine import Store
from bot.store.intake import Intake
from bot.store.schema import deliveries, delivery_bodies
from bot.web.app import make_app, serve
from tests.migrated import migrated, opened

OLD, NEW = "old-secret", "new-secret"


def signed(body: bytes, *, secret: str = NEW, guid: str | None = None) -> dict[str, str]:
    """Return the headers that GitHub sends with a body."""
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": guid or str(uuid4()),
        "X-Hub-Signature-256": "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex(),
    }


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    said: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Door:
    """The app, listening on TCP, and its database."""

    port: int
    store: Store
    intake: Intake
    http: aiohttp.ClientSession

    async def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        async with self.http.request(method, path, data=body, headers=headers) as answer:
            return Answer(answer.status, await answer.json(), answer.headers)

    async def deliver(
        self, body: bytes = b"{}", headers: Mapping[str, str | None] | None = None
    ) -> Answer:
        """Post a signed delivery; headers given replace GitHub's, and None leaves one out."""
        wanted = {**signed(body), **(headers or {})}
        kept = {name: value for name, value in wanted.items() if value is not None}
        return await self.ask("POST", "/webhook", BytesIO(body), kept)

    async def rows(self) -> dict[str, bytes]:
        query = select(deliveries.c.guid, delivery_bodies.c.body).join_from(
            deliveries, delivery_bodies, deliveries.c.guid == delivery_bodies.c.guid
        )
        async with self.store.read() as connection:
            return {row.guid: row.body for row in await connection.execute(query)}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "greenroom.db"


@pytest.fixture
async def door(database: Path) -> AsyncIterator[Door]:
    url = SecretStr(f"sqlite+aiosqlite:///{database}")
    await migrated(url)
    store = opened(url)
    intake = Intake(store)
    app = make_app((SecretStr(NEW), SecretStr(OLD)), intake, store, system_clock())
    committing = asyncio.create_task(intake.run())
    async with (
        serve(app, "127.0.0.1", 0) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http,
    ):
        yield Door(port, store, intake, http)
    committing.cancel()
    await asyncio.wait([committing])
    await store.close()
