"""The part of an agent's door that leads to tools."""

import io
import json
import socket

import aiohttp
import pytest
from aiohttp import web

from bot.harness.door import agents_door
from bot.harness.gateway_client import Gateway
from bot.rules.agenttools import listed, offered

CALL = {
    "jsonrpc": "2.0",
    "id": 7,
    "method": "tools/call",
    "params": {"name": "push", "arguments": {"title": "Mend it", "body": "It was broken."}},
}

TOOLS = listed(offered({"comment": 1}))
CLIENT = {"Accept": "application/json, text/event-stream", "Mcp-Protocol-Version": "2025-06-18"}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}


@pytest.fixture
async def far(tmp_path):
    """A gateway that is away at first, then accepts everything; keeps what it was asked."""
    asked = []

    async def answer(request):
        asked.append((request.path, dict(request.headers), await request.json()))
        if len(asked) == 1:
            return web.Response(status=503)
        return web.json_response({"jsonrpc": "2.0", "id": 7, "result": {"isError": False}})

    app = web.Application()
    app.router.add_post("/{tail:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.UnixSite(runner, str(tmp_path / "far")).start()
    yield asked
    await runner.cleanup()


@pytest.fixture
async def door(tmp_path, far):  # noqa: ARG001 - it has to be there
    heard = []
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "near"))
    listener.listen()
    connector = aiohttp.UnixConnector(str(tmp_path / "near"))
    gateway = Gateway(str(tmp_path / "far"), "run-token")
    async with (
        agents_door(
            listener,
            gateway,
            lambda *said: heard.append(said),
            lambda: None,
            None,
            tools=TOOLS,
        ),
        aiohttp.ClientSession("http://door", connector=connector) as session,
    ):
        yield session, heard


async def test_a_call_goes_on_with_the_run_token_until_the_gateway_answers(door, far):
    session, heard = door
    mine = {
        "Authorization": "Bearer of-mine",
        "Idempotency-Key": "of-mine",
        "Mcp-Protocol-Version": "2025-06-18",
        "Mcp-Session-Id": "of-mine",
    }
    async with session.post("/mcp", json=CALL, headers=mine) as answer:
        assert (answer.status, await answer.json()) == (
            200,
            {"jsonrpc": "2.0", "id": 7, "result": {"isError": False}},
        )
    (first, second) = far
    assert (first[0], first[2]) == ("/mcp", CALL)
    assert second[1] | {"Content-Length": ""} == first[1] | {"Content-Length": ""}
    assert first[1]["Authorization"] == "Bearer run-token"
    assert first[1]["Mcp-Protocol-Version"] == "2025-06-18"
    assert len(first[1]["Idempotency-Key"]) == 32
    assert "of-mine" not in json.dumps(first[1])
    ((path, payload, said),) = heard
    assert (path, payload, said.status) == ("/mcp", CALL, 200)


async def test_what_a_client_asks_before_it_calls_a_tool_is_answered_here(door, far):
    session, heard = door
    async with session.post("/mcp", json=LIST, headers=CLIENT) as answer:
        assert (answer.status, answer.content_type) == (200, "application/json")
        assert (await answer.json())["result"] == {"tools": TOOLS}
    async with session.post("/mcp", json=READY, headers=CLIENT) as answer:
        assert (answer.status, await answer.read()) == (202, b"")
    assert not far
    assert not heard


@pytest.mark.parametrize("odd", [{"Mcp-Protocol-Version": "2026-07-28"}, {"Accept": "text/plain"}])
async def test_what_an_unknown_client_asks_goes_on(door, far, odd):
    async with door[0].post("/mcp", json=LIST, headers=CLIENT | odd) as answer:
        assert answer.status == 200
    assert [payload for _, _, payload in far] == [LIST, LIST]


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_there_is_nothing_to_listen_to(door, far, method):
    async with door[0].request(method, "/mcp") as answer:
        assert answer.status == 405
    assert far == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/mcp/", b"{}", 404),
        ("/mcp/../outputs", b"{", 400),
        ("/mcp", b"{", 400),
        ("/mcp", b"[" * 100_000, 400),
        ("/mcp", b" " * (1024**2 + 1), 413),
    ],
)
async def test_what_is_no_call_goes_nowhere(door, far, path, body, status):
    async with door[0].post(path, data=io.BytesIO(body)) as answer:
        assert answer.status == status
    assert far == []
