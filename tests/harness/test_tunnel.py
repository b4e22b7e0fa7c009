import asyncio
from contextlib import asynccontextmanager

import pytest

from bot.harness.program import listen
from bot.harness.tunnel import MOST_HEAD, Tunnels
from bot.wires import serve

ASK = "CONNECT Packages.Example:443 HTTP/1.1\r\n"


@asynccontextmanager
async def tunnels(tmp_path, answer=None):
    """An agent's door that leads to a gateway which answers with what `answer` gives."""
    gateway = tmp_path / "gateway.sock"
    async with asyncio.TaskGroup() as group:
        work = [serve(listen(tmp_path, "near"), Tunnels(str(gateway), "canary").answer,
                      most_head=MOST_HEAD)]  # fmt: skip
        if answer:
            work.append(serve(listen(tmp_path), answer, most_head=MOST_HEAD))
        tasks = [group.create_task(each) for each in work]
        await asyncio.sleep(0)
        yield
        for task in tasks:
            task.cancel()


async def asked(tmp_path, request, *, eof=True):
    """Send bytes to the door, and return all that it answers."""
    reader, writer = await asyncio.open_unix_connection(str(tmp_path / "near"))
    try:
        writer.write(request.encode("latin-1"))
        if eof:
            writer.write_eof()
        return (await reader.read()).decode()
    finally:
        writer.close()


async def echo(wire):
    """Answer with all that came."""
    await wire.send(await wire.reader.read())
    wire.writer.write_eof()


async def test_only_a_host_and_a_port_of_a_request_go_on_and_the_token_with_them(tmp_path):
    own = "Proxy-Authorization: Bearer mine\r\nHost: evil.example\r\nX: y\r\n\r\n"
    async with tunnels(tmp_path, echo):
        said = await asked(tmp_path, f"{ASK}{own}hello and good bye")
    head = "CONNECT packages.example:443 HTTP/1.1\r\nProxy-Authorization: Bearer canary\r\n\r\n"
    assert said == f"{head}hello and good bye"


@pytest.mark.parametrize(
    "request_",
    [
        "CONNECT packages.example:443 HTTP/1.1\nX: y\r\n\r\n",
        "CONNECT packages.example:443\r\nX: y HTTP/1.1\r\n\r\n",
        "\r\n\r\nCONNECT packages.example:443 HTTP/1.1\r\n\r\n",
        f"CONNECT {'a' * 2 * MOST_HEAD}:443 HTTP/1.1\r\n\r\n",
        f"{ASK}X: {'y' * 3 * MOST_HEAD}",
        "GET http://packages.example/ HTTP/1.1\r\n\r\n",
    ],
)
async def test_any_other_request_goes_nowhere(tmp_path, request_):
    async with tunnels(tmp_path):
        said = await asked(tmp_path, request_, eof=False)
    assert said.startswith("HTTP/1.1 400 ")


async def test_a_request_that_breaks_off_is_let_go(tmp_path):
    async with tunnels(tmp_path):
        assert await asked(tmp_path, ASK) == ""


async def test_a_gateway_that_is_away_is_told_of(tmp_path):
    async with tunnels(tmp_path):
        said = await asked(tmp_path, f"{ASK}\r\n")
    assert said.startswith("HTTP/1.1 503 Greenroom's gateway is away")


async def test_too_many_connections_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("bot.harness.tunnel.AT_ONCE", 0)
    async with tunnels(tmp_path, echo):
        said = await asked(tmp_path, f"{ASK}\r\n")
    assert "too many connections" in said


async def test_more_is_not_taken_than_the_other_side_takes(tmp_path):
    async def deaf(_wire):
        await asyncio.Event().wait()

    async def pour(writer):
        for _ in range(100):
            writer.write(bytes(1 << 20))
            await writer.drain()

    async with tunnels(tmp_path, deaf):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "near"))
        writer.write(f"{ASK}\r\n".encode())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pour(writer), 0.3)
        writer.transport.abort()
        assert not await reader.read()
