import asyncio
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest

from tests.web.conftest import NEW, signed

BODY = b'{"repository": {"id": 1}, "issue": {"number": 7}}' + b" " * 10_000


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The settings of a process on a free port, whose database is migrated."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {
        "PATH": os.environ["PATH"],
        "GITHUB_WEBHOOK_SECRET": NEW,
        "GREENROOM_HOME": str(tmp_path),
        "GREENROOM_HOST": "127.0.0.1",
        "PORT": str(port),
    }
    subprocess.run([sys.executable, "-m", "bot", "migrate"], env=settings, check=True)
    return settings


@asynccontextmanager
async def app(environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start the real process, wait until it is ready, and kill it at the end."""
    argv = (sys.executable, "-m", "bot", "web")
    process = await asyncio.create_subprocess_exec(
        *argv, env=environment, stderr=subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(60):
            await until_ready(int(environment["PORT"]))
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def until_ready(port: int) -> None:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        while True:
            with suppress(aiohttp.ClientConnectionError):
                async with http.get("/readyz") as answer:
                    assert answer.status == 200
                    return
            await asyncio.sleep(0.02)


async def send(port: int, all_headers: list[dict[str, str]], accepted: set[str]) -> None:
    """Deliver one after another until the app is gone; note what it accepted."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        for headers in all_headers:
            with suppress(aiohttp.ClientConnectionError):
                async with http.post("/webhook", data=BytesIO(BODY), headers=headers) as answer:
                    assert answer.status == 202
                    accepted.add(headers["X-GitHub-Delivery"])


def stored(environment: dict[str, str]) -> list[str]:
    file = Path(environment["GREENROOM_HOME"], "greenroom.db")
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [guid for (guid,) in database.execute("SELECT guid FROM deliveries")]


async def test_what_was_accepted_before_a_kill_is_stored_and_the_rest_can_be_sent_again(
    environment: dict[str, str],
):
    port, accepted = int(environment["PORT"]), set[str]()
    wishes = [[signed(BODY) for _ in range(200)] for _ in range(8)]
    async with app(environment) as process, asyncio.TaskGroup() as group:
        for headers in wishes:
            group.create_task(send(port, headers, accepted))
        while len(accepted) < 100:  # noqa: ASYNC110 - the senders run meanwhile
            await asyncio.sleep(0)
        process.kill()
    assert accepted <= set(stored(environment))
    async with app(environment), asyncio.TaskGroup() as group:
        for headers in wishes:
            group.create_task(send(port, headers, accepted))
    assert sorted(stored(environment)) == sorted(accepted)
    assert len(accepted) == 8 * 200
