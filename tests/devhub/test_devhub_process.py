"""The hub as a process of its own, as the demo and the stories start it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.clocks import move_clock


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    options = {
        "--home": tmp_path / "home",
        "--clock": tmp_path / "clock",
        "--record": tmp_path / "record.jsonl",
        "--ready-file": tmp_path / "ready.json",
    }
    argv = [str(part) for option in options.items() for part in option]
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot.devhub", *argv)
    async with asyncio.timeout(60):
        while not (tmp_path / "ready.json").exists():  # noqa: ASYNC110 - a file wakes nobody
            await asyncio.sleep(0.01)
    yield process
    if process.returncode is None:
        process.kill()
    await process.wait()


async def test_it_says_where_it_is_keeps_a_record_and_ends_when_asked(process, tmp_path):
    ready = json.loads((tmp_path / "ready.json").read_text())
    assert ready["pid"] == process.pid
    async with aiohttp.ClientSession(ready["url"]) as http:
        async with http.post("/_devhub/users", json={"login": "ann"}) as answer:
            token = (await answer.json())["token"]
        headers = {"Authorization": f"Bearer {token}"}
        async with http.get("/user", headers=headers) as answer:
            assert (await answer.json())["login"] == "ann"
        move_clock(tmp_path / "clock", 1e9)
        async with http.get("/user", headers=headers) as answer:
            assert answer.headers["Date"].split()[3] > "2050"
    process.terminate()
    async with asyncio.timeout(60):
        assert await process.wait() == 0
    lines = [json.loads(line) for line in (tmp_path / "record.jsonl").read_text().splitlines()]
    assert [line["path"] for line in lines] == ["/user", "/user"]
    assert token not in (tmp_path / "record.jsonl").read_text()
