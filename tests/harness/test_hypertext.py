"""HTTP/1.1 over a wire, as programs speak it that are no browser of ours."""

import asyncio
import errno
import socket

import h11
import pytest

from bot import wires
from bot.harness import hypertext
from bot.harness.gateway_client import Gateway
from bot.harness.hypertext import converse
from bot.harness.program import listen
from bot.model.errors import Refused, Unavailable
from bot.wires import CHUNK, serve

POST = b"POST /x HTTP/1.1\r\nHost: door\r\n"


@pytest.fixture
async def door(tmp_path):
    """Answers with what was asked; `/unread` is answered before its body is."""

    async def answer(asked):
        if asked.target == "/unread":
            await asked.answer(404, b"{}", "application/json")
            return
        try:
            body = await asked.read()
        except Refused as why:
            body = why.reason.encode()
        await asked.answer(200, asked.method.encode() + b" " + body, "text/plain")

    async def has(wire):
        await converse(wire, answer)

    task = asyncio.create_task(serve(listen(tmp_path, "s"), has, most_head=CHUNK))
    yield tmp_path / "s"
    task.cancel()
    await asyncio.wait({task})


async def told(door, said, *, ends=True):
    """Return all that comes back for some bytes."""
    reader, writer = await asyncio.open_unix_connection(door)
    writer.write(said)
    if ends:
        writer.write_eof()
    try:
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


def bodies(answers, *methods):
    """Return the statuses and bodies of answers that came one after another."""
    client, found = h11.Connection(h11.CLIENT), []
    client.receive_data(answers)
    for method in methods:
        request = h11.Request(method=method, target="/", headers=[("Host", "door")])
        client.send(request)
        client.send(h11.EndOfMessage())
        status, body = 0, b""
        while not isinstance(event := client.next_event(), h11.EndOfMessage):
            status = getattr(event, "status_code", status)
            body += bytes(getattr(event, "data", b""))
        found.append((status, body))
        client.start_next_cycle()
    return found


async def test_a_connection_has_one_request_after_another(door):
    sized = POST + b"Content-Length: 2\r\n\r\nhi"
    pieces = POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nyo\r\n1\r\nu\r\n0\r\n\r\n"
    seen = bodies(await told(door, sized + pieces), "POST", "POST")
    assert seen == [(200, b"POST hi"), (200, b"POST you")]


async def test_what_nobody_wants_to_read_is_no_part_of_the_next_request(door):
    unread = (
        POST.replace(b"/x", b"/unread") + b"Content-Length: 20\r\n\r\nGET / HTTP/1.1\r\n\r\nxx"
    )
    seen = bodies(await told(door, unread + POST + b"\r\n"), "POST", "POST")
    assert seen == [(404, b"{}"), (200, b"POST ")]


async def test_a_head_has_an_answer_without_a_body(door):
    asked = b"HEAD /x HTTP/1.1\r\nHost: door\r\n\r\n"
    assert bodies(await told(door, asked * 2), "HEAD", "HEAD") == [(200, b"")] * 2


async def test_who_waits_to_be_asked_for_a_body_is_asked(door):
    reader, writer = await asyncio.open_unix_connection(door)
    writer.write(POST + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert b" 100 " in await reader.readuntil(b"\r\n\r\n")
    writer.write(b"hi")
    assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
    writer.close()


@pytest.mark.parametrize(
    "said",
    [
        b"no HTTP at all\r\n\r\n",
        b"GET /x HTTP/1.1\r\n\r\n",
        POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
        POST + b"Content-Length: 2, 3\r\n\r\nhi",
        POST + b"Content-Length: +2\r\n\r\nhi",
        POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        POST + b"Content-Length : 2\r\n\r\nhi",
        POST + b"X: a\x00b\r\n\r\n",
        POST + b"X: a\rY: b\r\n\r\n",
        b"GET /x\x00y HTTP/1.1\r\nHost: door\r\n\r\n",
        b" folded: onto nothing\r\n\r\n",
        POST.replace(b"POST", b"CONNECT") + b"\r\n",
        POST + b"X: " + b"x" * CHUNK + b"\r\n\r\n",
        POST + b"X: " + b"x" * hypertext.MOST_HEAD,
    ],
)
async def test_what_makes_no_sense_is_refused_and_the_connection_ends(door, said):
    assert (await told(door, said, ends=False)).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "said",
    [
        POST + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
        POST.replace(b"\r\n", b"\n") + b"Content-Length: 2\n\nhi",
        POST + b"X: folded\r\n here\r\nContent-Length: 2\r\n\r\nhi",
        POST + b"Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nhi",
    ],
)
async def test_what_may_be_read_in_two_ways_is_read_in_one(door, said):
    next_one = b"GET /x HTTP/1.1\r\nHost: door\r\n\r\n"
    seen = bodies(await told(door, said + next_one), "POST", "GET")
    assert seen == [(200, b"POST hi"), (200, b"GET ")]


async def test_the_last_request_of_an_old_client_ends_the_connection(door):
    asked = b"GET /x HTTP/1.0\r\n\r\n"
    assert (await told(door, asked, ends=False)).endswith(b"GET ")


async def test_who_is_slow_to_send_a_body_is_cut_off(door, monkeypatch):
    monkeypatch.setattr(hypertext, "READS_WITHIN", 0.05)
    assert not await told(door, POST + b"Content-Length: 3\r\n\r\nhi", ends=False)


async def test_half_a_body_is_answered_by_nothing(door):
    assert await told(door, POST + b"Content-Length: 20\r\n\r\nhalf") == b""


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"?"])
async def test_a_gateway_that_breaks_off_has_not_answered(tmp_path, says):
    async def has(wire):
        await wire.reader.readuntil(b"\r\n\r\n")
        await wire.send(says)

    task = asyncio.create_task(serve(listen(tmp_path, "s"), has, most_head=CHUNK))
    with pytest.raises(Unavailable):
        await Gateway(str(tmp_path / "s"), "token").heartbeat()
    task.cancel()
    await asyncio.wait({task})


async def test_connections_beyond_a_bound_wait_for_one_to_end(tmp_path):
    there = []

    async def has(wire):
        there.append(wire)
        await wire.reader.read()

    task = asyncio.create_task(serve(listen(tmp_path, "s"), has, most_head=CHUNK, most=2))
    async with asyncio.timeout(5):
        writers = [(await asyncio.open_unix_connection(tmp_path / "s"))[1] for _ in range(5)]
        for gone in range(5):
            while len(there) < min(gone + 2, 5):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0)
            for _ in range(20):
                await asyncio.sleep(0)
            assert len(there) == min(gone + 2, 5)
            writers[gone].close()
            await writers[gone].wait_closed()
    task.cancel()
    await asyncio.wait({task})


class Poor(socket.socket):
    """A listener whose process has no file to open, once."""

    poor = True

    def accept(self):
        if self.poor:
            self.poor = False
            raise OSError(errno.EMFILE, "too many open files")
        return super().accept()


async def test_a_server_without_files_to_open_goes_on_when_it_has_some(tmp_path, monkeypatch):
    monkeypatch.setattr(wires, "LINGERS", 0.01)

    async def has(wire):
        await wire.say_last(b"hi")

    listener = Poor(fileno=listen(tmp_path, "s").detach())
    task = asyncio.create_task(serve(listener, has, most_head=CHUNK))
    async with asyncio.timeout(5):
        assert await told(tmp_path / "s", b"") == b"hi"
    assert not listener.poor
    task.cancel()
    await asyncio.wait({task})
