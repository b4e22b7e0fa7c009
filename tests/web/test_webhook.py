import asyncio
import gzip
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.web import webhook
from tests.web.conftest import OLD, Door, signed

GARBAGE = b"\xff{not json"
MEGABYTE = 1 << 20


async def test_a_signed_delivery_is_accepted_and_stored_as_it_came(door: Door):
    headers = signed(b'{"n": 1}')
    answer = await door.ask("POST", "/webhook", b'{"n": 1}', headers)
    assert (answer.status, answer.said) == (202, {"status": "accepted"})
    assert await door.rows() == {headers["X-GitHub-Delivery"]: b'{"n": 1}'}


async def test_either_of_two_secrets_may_have_signed(door: Door):
    answer = await door.deliver(b"{}", signed(b"{}", secret=OLD))
    assert answer.status == 202
    assert len(await door.rows()) == 1


async def test_the_same_delivery_again_is_accepted_and_is_one_row(door: Door):
    headers = signed(b"{}", guid="72d3162e-cc78-11e3-81ab-4c9367dc0958")
    assert [(await door.deliver(b"{}", headers)).status for _ in range(2)] == [202, 202]
    assert len(await door.rows()) == 1


async def test_a_body_that_is_no_json_is_stored_when_it_is_signed(door: Door):
    assert (await door.deliver(GARBAGE)).status == 202
    assert list((await door.rows()).values()) == [GARBAGE]


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415, "content type"),
        ({"Content-Type": None}, 415, "content type"),
        ({"Content-Encoding": "gzip"}, 415, "Content-Encoding"),
        ({"X-GitHub-Event": None}, 400, "X-GitHub-Event"),
        ({"X-GitHub-Event": "issues; drop"}, 400, "X-GitHub-Event"),
        ({"X-GitHub-Event": "e" * 65}, 400, "X-GitHub-Event"),
        ({"X-GitHub-Delivery": None}, 400, "X-GitHub-Delivery"),
        ({"X-GitHub-Delivery": "../../etc"}, 400, "X-GitHub-Delivery"),
        ({"X-GitHub-Delivery": "0" * 65}, 400, "X-GitHub-Delivery"),
        ({"X-Hub-Signature-256": None}, 401, "X-Hub-Signature-256"),
        ({"X-Hub-Signature-256": "sha1=0"}, 401, "X-Hub-Signature-256"),
        ({"X-Hub-Signature-256": "sha256=" + "0" * 64}, 401, "does not match"),
    ],
)
async def test_what_is_not_a_delivery_of_githubs_is_refused(
    door: Door, headers: dict[str, str | None], status: int, words: str
):
    answer = await door.deliver(b"{}", headers)
    assert answer.status == status
    assert words in answer.said["error"]
    assert await door.rows() == {}


async def test_a_content_type_may_name_its_charset(door: Door):
    kind = {"Content-Type": "application/json; charset=utf-8"}
    assert (await door.deliver(b"{}", kind)).status == 202


async def test_nothing_is_parsed_before_the_signature_is_checked(
    door: Door, monkeypatch: pytest.MonkeyPatch
):
    parsed: list[bytes] = []
    monkeypatch.setattr(webhook, "ordering_key", parsed.append)
    answer = await door.deliver(GARBAGE, {"X-Hub-Signature-256": "sha256=" + "0" * 64})
    assert (answer.status, parsed) == (401, [])


async def test_a_packed_body_is_refused_unread(door: Door):
    bomb = gzip.compress(bytes(50 * MEGABYTE))
    answer = await door.deliver(bomb, {"Content-Encoding": "gzip"})
    assert answer.status == 415


@pytest.mark.parametrize("size", [webhook.LARGEST, webhook.LARGEST + 1])
async def test_a_body_may_have_25_megabytes_and_not_a_byte_more(door: Door, size: int):
    answer = await door.deliver(bytes(size))
    assert answer.status == (202 if size == webhook.LARGEST else 413)


async def test_a_body_without_length_is_refused_when_it_grows_too_large(door: Door):
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += MEGABYTE
            yield bytes(MEGABYTE)

    answer = await door.ask("POST", "/webhook", endless(), signed(b""))
    assert answer.status == 413
    assert sent < 64 * MEGABYTE


async def test_a_body_that_does_not_come_is_not_waited_for_for_ever(
    door: Door, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(webhook, "UPLOAD", 0.05)
    head = "\r\n".join(f"{name}: {value}" for name, value in signed(b"{}").items())
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(f"POST /webhook HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode())
    writer.write(b"Content-Length: 2\r\n\r\n{")
    assert b" 408 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_a_locked_database_puts_a_delivery_off_and_takes_it_later(
    door: Door, database: Path, monkeypatch: pytest.MonkeyPatch
):
    headers = signed(b"{}")
    monkeypatch.setattr(door.intake, "_patience", 0.05)
    with closing(sqlite3.connect(database)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = await door.deliver(b"{}", headers)
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
    monkeypatch.undo()
    assert (await door.deliver(b"{}", headers)).status == 202
    assert len(await door.rows()) == 1


async def test_each_delivery_leaves_one_line_without_its_body_or_a_secret(door: Door):
    with capture_logs() as lines:
        accepted = signed(b'{"secret": "in the body"}')
        await door.deliver(b'{"secret": "in the body"}', accepted)
        await door.deliver(b"{}", {"X-Hub-Signature-256": "sha256=" + "0" * 64})
    assert [line["event"] for line in lines] == ["delivery.kept", "delivery.refused"]
    assert lines[0]["delivery"] == accepted["X-GitHub-Delivery"]
    assert not [word for word in ("in the body", "secret") if word in str(lines)]
