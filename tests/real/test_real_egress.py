"""Real agents that may reach hosts: their models are asked by the other door all the same."""

import asyncio
from dataclasses import replace

import pytest

from bot.gateway.listener import listen
from bot.model.inside import EGRESS
from bot.wires import serve

pytestmark = pytest.mark.full

FETCH = "curl -sS https://packages.example/ 2>&1 | tee said.txt; greenroom step fetched"


@pytest.mark.parametrize("runtime", ["codex", "gemini", "opencode", "claude"])
async def test_what_it_runs_goes_by_the_proxy_and_its_model_does_not(put, runtime):
    it = await put(runtime, {"turns": [{"do": [{"run": FETCH}]}, {"say": "Done."}]})
    gateway, heads = it.gateway("The brief.\n"), []
    gateway.plan = replace(gateway.plan, egress=("packages.example",))

    async def note(wire):
        heads.append((await wire.reader.readuntil(b"\r\n\r\n")).decode().splitlines()[0])

    async with asyncio.TaskGroup() as group:
        door = group.create_task(serve(listen(gateway.folder, EGRESS), note, most_head=9000))
        report, steps = await it.goes(gateway)
        door.cancel()
    assert (report["exit"], report["words"]) == (0, "")
    assert "fetched" in steps
    assert "CONNECT packages.example:443 HTTP/1.1" in heads
    assert not any("127.0.0.1" in each for each in heads)
