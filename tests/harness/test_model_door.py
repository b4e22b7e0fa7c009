"""The part of an agent's door that leads to models."""

import asyncio
import socket

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from bot.harness.door import agents_door
from bot.harness.gateway_client import Gateway
from bot.wires import CHUNK

POST = b"POST /models/openai/v1/%s HTTP/1.1\r\nHost: door\r\n"


class Asked(list):
    """What a gateway was asked; `on` lets `/held` go on, and `left` says that it was left."""

    def __init__(self):
        super().__init__()
        self.on, self.left = asyncio.Event(), asyncio.Event()


@pytest.fixture
async def far(tmp_path):
    """A gateway that streams two pieces, and keeps what it was asked."""
    asked = Asked()

    async def answer(request):
        asked.append(
            (request.method, request.path_qs, dict(request.headers), await request.read())
        )
        if request.method == "HEAD":
            return web.Response()
        if request.path.endswith("/refused"):
            return web.json_response({"error": {"message": "No."}}, status=400)
        near = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await near.prepare(request)
        await near.write(b"data: one\n\n")
        if request.path.endswith("/held"):
            await asked.on.wait()
        if request.path.endswith("/endless"):
            try:
                while True:
                    await near.write(b"x" * CHUNK)
            except ConnectionError:
                asked.left.set()
                raise
        if request.path.endswith("/cut"):
            request.transport.abort()
        else:
            await near.write(b"data: two\n\n")
        return near

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.UnixSite(runner, str(tmp_path / "far")).start()
    yield asked
    await runner.cleanup()


@pytest.fixture
async def door(tmp_path, far):  # noqa: ARG001 - it has to be there
    asks = []
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "near"))
    listener.listen()
    connector = aiohttp.UnixConnector(str(tmp_path / "near"))
    gateway = Gateway(str(tmp_path / "far"), "run-token")
    async with (
        agents_door(listener, gateway, lambda *_: None, lambda: asks.append(1), None),
        aiohttp.ClientSession("http://door", connector=connector) as session,
    ):
        yield session, asks


async def test_a_request_goes_on_with_the_run_token_and_its_answer_comes_back(door, far):
    session, asks = door
    path = "/models/gemini/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse"
    mine = {
        "Authorization": "Bearer greenroom",
        "X-Api-Key": "greenroom",
        "Anthropic-Version": "1",
    }
    async with session.post(path, data=b"{}", headers=mine) as answer:
        assert answer.content_type == "text/event-stream"
        assert await answer.read() == b"data: one\n\ndata: two\n\n"
    ((method, asked, headers, body),) = far
    assert (method, asked, body) == ("POST", path, b"{}")
    assert headers["Authorization"] == "Bearer run-token"
    assert headers["Anthropic-Version"] == "1"
    assert "X-Api-Key" not in headers
    assert asks == [1]


async def test_a_refusal_comes_back_as_it_is(door):
    async with door[0].post("/models/openai/v1/refused") as answer:
        assert (answer.status, await answer.json()) == (400, {"error": {"message": "No."}})


async def test_what_a_program_looks_at_first_is_no_question_to_a_model(door, far):
    session, asks = door
    async with session.head("/models/anthropic/") as answer:
        assert answer.status == 200
    assert far[0][:2] == ("HEAD", "/models/anthropic/")
    assert asks == []


@pytest.mark.parametrize(
    "path",
    [
        "/models/openai/%2e%2e/finish", "/models/openai/.x",
        "/models/openai//x", "/models/OPENAI/x", "/models/openai/x?a=/finish", "/models/",
    ],
)  # fmt: skip
async def test_no_other_path_reaches_the_gateway(door, far, path):
    async with door[0].post(URL(path, encoded=True)) as answer:
        assert answer.status == 404
    assert far == []


async def test_an_answer_that_breaks_off_breaks_off(door):
    with pytest.raises(aiohttp.ClientError):
        async with door[0].post("/models/openai/v1/cut") as answer:
            await answer.read()


async def test_a_gateway_that_is_away_is_one_to_try_again(tmp_path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "near"))
    listener.listen()
    connector = aiohttp.UnixConnector(str(tmp_path / "near"))
    gateway = Gateway(str(tmp_path / "nobody"), "t")
    async with (
        agents_door(listener, gateway, lambda *_: None, lambda: None, None),
        aiohttp.ClientSession("http://door", connector=connector) as session,
        session.post("/models/openai/v1/responses") as answer,
    ):
        assert answer.status == 503


async def test_each_event_of_an_answer_comes_at_once(door, far):
    async with door[0].post("/models/openai/v1/held") as answer:
        assert await answer.content.readany() == b"data: one\n\n"
        far.on.set()
        assert await answer.content.readany() == b"data: two\n\n"


async def test_who_leaves_amid_an_answer_is_left_by_the_gateway_too(door, far):
    async with door[0].post("/models/openai/v1/endless") as answer:
        await answer.content.readany()
        answer.close()
    async with asyncio.timeout(5):
        await far.left.wait()


async def test_who_reads_nothing_has_nothing_pile_up_here(door, far, tmp_path):  # noqa: ARG001
    _, writer = await asyncio.open_unix_connection(tmp_path / "near", limit=CHUNK)
    writer.write(POST % b"endless" + b"\r\n")
    writer.transport.pause_reading()
    while not far:  # noqa: ASYNC110 - it has nothing to tell of itself
        await asyncio.sleep(0)
    writer.transport.abort()
    async with asyncio.timeout(5):
        await far.left.wait()


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Length: 9\r\n\r\nhalf",
        b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf",
        b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n",
    ],
)
async def test_half_a_request_is_a_bad_one(door, far, tmp_path, body):  # noqa: ARG001
    reader, writer = await asyncio.open_unix_connection(tmp_path / "near")
    writer.write(POST % b"responses" + body)
    writer.write_eof()
    async with asyncio.timeout(5):
        assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
    writer.close()
    await writer.wait_closed()


async def test_many_ask_side_by_side(door, far):
    async def ask():
        async with door[0].post("/models/openai/v1/held") as answer:
            return await answer.read()

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        asks = [group.create_task(ask()) for _ in range(40)]
        while len(far) < len(asks):  # noqa: ASYNC110 - it has nothing to tell of itself
            await asyncio.sleep(0)
        far.on.set()
    assert {each.result() for each in asks} == {b"data: one\n\ndata: two\n\n"}
