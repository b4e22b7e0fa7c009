"""The socket itself: its file, its permissions, a gateway that comes and goes."""

import asyncio
import os
import socket
import stat

import pytest
from structlog.testing import capture_logs

from tests.gateway.stand import LAST


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


async def test_any_job_may_connect_to_a_file_that_hardly_anybody_sees(stand):
    umask = os.umask(0o077)
    try:
        async with stand.gateway():
            assert mode(stand.home) == 0o700
            assert mode(stand.folder) == 0o711
            assert mode(stand.socket) == 0o666
            assert [each.name for each in stand.folder.iterdir()] == ["gateway.sock"]
    finally:
        os.umask(umask)


async def test_a_folder_with_a_long_name_will_do(stand):
    stand.home /= "x" * 150
    stand.home.mkdir()
    async with stand.gateway():
        assert stat.S_ISSOCK(stand.socket.lstat().st_mode)


async def test_what_a_killed_gateway_left_is_replaced(stand):
    stand.folder.mkdir()
    for name in ("gateway.sock", f"gateway.sock.{os.getpid()}"):
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(stand.folder / name))
    async with stand.gateway():
        assert (await stand.call("/heartbeat", "stranger", {})).status == 401
        assert [each.name for each in stand.folder.iterdir()] == ["gateway.sock"]


async def test_a_successor_takes_over_before_its_predecessor_has_gone(stand):
    predecessor, successor = stand.gateway(), stand.gateway()
    await predecessor.__aenter__()
    before = stand.socket.stat().st_ino
    await successor.__aenter__()
    await predecessor.__aexit__(None, None, None)
    assert stand.socket.stat().st_ino != before
    assert (await stand.call("/heartbeat", "stranger", {})).status == 401
    await successor.__aexit__(None, None, None)


async def test_a_client_that_keeps_trying_lives_through_a_restart(stand):
    async with stand.gateway():
        job = await stand.live(comment=1)
    comment = {"kind": "comment", "body": "Hello."}
    refused = asyncio.Event()

    async def ask():
        while True:
            try:
                return await stand.call(
                    "/outputs", job.run_token, comment, **{"Idempotency-Key": "k"}
                )
            except OSError:
                refused.set()
                await asyncio.sleep(0)

    asking = asyncio.create_task(ask())
    await refused.wait()
    async with stand.gateway():
        answer = await asking
        assert (answer.status, answer.said) == (200, {"accepted": True, "left": 0})
        assert (await stand.call("/finish", job.run_token, LAST)).status == 204


async def test_a_call_that_was_begun_is_finished_when_the_gateway_stops(stand):
    async with stand.gateway():
        job = await stand.live()
        body = b"{}"
        reader, writer = await asyncio.open_unix_connection(str(stand.socket))
        head = f"POST /heartbeat HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {job.run_token}\r\n"
        writer.write(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body))
        await writer.drain()
        writer.write(body)
        line = await reader.readline()
    assert line == b"HTTP/1.1 200 OK\r\n"
    writer.close()


async def test_the_harness_may_speak_http_1_0_and_read_to_the_end(open_stand):
    job = await open_stand.launched()
    reader, writer = await asyncio.open_unix_connection(str(open_stand.socket))
    writer.write(
        f"POST /launch HTTP/1.0\r\nHost: greenroom\r\nAuthorization: Bearer {job.launch_token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}".encode()
    )
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200 ")
    assert b"chunked" not in head
    assert body.startswith(b'{"run_token": ')
    writer.close()


async def test_a_caller_that_hangs_up_is_no_bug(open_stand, job):
    _, writer = await asyncio.open_unix_connection(str(open_stand.socket))
    head = f"POST /finish HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {job.run_token}\r\n"
    with capture_logs() as lines:
        writer.write(head.encode() + b"Content-Length: 500\r\n\r\n{")
        await writer.drain()
        writer.close()
        async with asyncio.timeout(60):
            while not lines:  # noqa: ASYNC110 - a log tells nobody
                await asyncio.sleep(0)
    assert (lines[0]["status"], lines[0]["problem"]) == (400, "The body ended too early.")


async def test_each_call_is_one_line_in_the_log_without_its_token(open_stand):
    job = await open_stand.launched(comment=1)
    with capture_logs() as lines:
        token = (await open_stand.call("/launch", job.launch_token, {})).said["run_token"]
        await open_stand.call("/outputs", token, {"kind": "comment", "body": "ghp_" + "a" * 36})
        await open_stand.call(f"/{token}", token, {})
        await open_stand.call("/finish", "stranger", LAST)
    calls = [line for line in lines if line["event"] == "gateway.answered"]
    assert [(line["call"], line["status"]) for line in calls] == [
        ("POST /launch", 200),
        ("POST /outputs", 422),
        ("POST (no such address)", 404),
        ("POST /finish", 401),
    ]
    for secret in (token, job.launch_token, "ghp_", "stranger"):
        assert secret not in repr(lines)


@pytest.mark.parametrize("debug", [False, True])
async def test_a_bug_shows_nobody_a_traceback(stand, debug):
    def broken():
        raise RuntimeError("a bug near a secret")

    asyncio.get_running_loop().set_debug(debug)
    stand.token = broken
    async with stand.gateway():
        job = await stand.launched()
        answer = await stand.call("/launch", job.launch_token, {})
    assert answer.status == 500
    assert "Traceback" not in answer.said
    assert "secret" not in answer.said
