import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest

from bot.model.errors import Unavailable
from bot.web import webhook
from bot.web.budget import SMALL, Budget, Share
from tests.web.conftest import Door, signed

MEGABYTE = 1 << 20
ROOM = 4
"""Bodies of `LARGE` that the budget of these tests has room for."""

LAST = b" "
LARGE = bytes(MEGABYTE + SMALL - len(LAST))
FORGED = {"X-Hub-Signature-256": "sha256=" + "0" * 64}


@dataclass(frozen=True)
class Sender:
    """Somebody who has sent a body but for its last byte."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def status(self) -> int:
        return int((await self.reader.readline()).split()[1])

    async def finish(self) -> int:
        self.writer.write(LAST)
        return await self.status()


@asynccontextmanager
async def sender(door: Door, body: bytes, **other: str) -> AsyncIterator[Sender]:
    length = str(len(body + LAST))
    headers = {**signed(body + LAST), "Content-Length": length, **other}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    try:
        writer.write(f"POST /webhook HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode())
        await writer.drain()  # headers and body come apart
        writer.write(body)
        yield Sender(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.fixture(autouse=True)
def budget(monkeypatch: pytest.MonkeyPatch) -> Budget:
    """The budget of the app, which has room for `ROOM` large bodies."""
    made = Budget(ROOM * MEGABYTE)
    monkeypatch.setattr(webhook, "Budget", lambda _size: made)
    return made


async def until_left(budget: Budget, size: int) -> None:
    async with asyncio.timeout(60):
        while budget.left != size:  # noqa: ASYNC110 - the app runs meanwhile
            await asyncio.sleep(0)


@asynccontextmanager
async def full(door: Door, budget: Budget, **other: str) -> AsyncIterator[list[Sender]]:
    """Give the senders of large bodies that have all the room but for their last bytes."""
    async with AsyncExitStack() as stack:
        senders = [
            await stack.enter_async_context(sender(door, LARGE, **other)) for _ in range(ROOM)
        ]
        await until_left(budget, ROOM * len(LAST))
        yield senders


async def test_large_bodies_beyond_the_budget_are_put_off_with_a_reason(
    door: Door, budget: Budget
):
    async with full(door, budget, **FORGED):
        answer = await door.deliver(LARGE)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.said["error"].startswith("Too many large bodies arrive at once; ")


async def test_small_bodies_get_in_while_large_ones_have_all_the_room(door: Door, budget: Budget):
    async with full(door, budget), sender(door, bytes(SMALL - 1)) as slow:
        assert (await door.deliver(b"{}")).status == 202
        assert await slow.finish() == 202


async def test_a_body_that_was_only_announced_takes_no_room(door: Door):
    headers = {"Content-Length": str(ROOM * MEGABYTE)}
    async with AsyncExitStack() as stack:
        for _ in range(2 * ROOM):
            await stack.enter_async_context(sender(door, b"{", **headers))
        assert (await door.deliver(bytes(ROOM * MEGABYTE))).status == 202


async def test_a_body_without_length_is_counted_as_it_comes(door: Door, budget: Budget):
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(2 * ROOM):
            yield bytes(MEGABYTE)

    answer = await door.ask("POST", "/webhook", parts(), signed(b""))
    assert answer.status == 503
    await until_left(budget, ROOM * MEGABYTE)


async def test_who_hangs_up_gives_the_room_back(door: Door, budget: Budget):
    async with full(door, budget, **FORGED):
        pass
    await until_left(budget, ROOM * MEGABYTE)


@pytest.mark.parametrize(("other", "status"), [(FORGED, 401), ({}, 202)])
async def test_who_is_answered_gives_the_room_back(
    door: Door, budget: Budget, other: dict[str, str], status: int
):
    async with full(door, budget, **other) as senders:
        assert [await each.finish() for each in senders] == [status] * ROOM
        await until_left(budget, ROOM * MEGABYTE)


async def test_who_is_too_slow_gives_the_room_back(
    door: Door, budget: Budget, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(webhook, "UPLOAD", 2.0)
    async with full(door, budget, **FORGED) as senders:
        assert [await each.status() for each in senders] == [408] * ROOM
        await until_left(budget, ROOM * MEGABYTE)


def test_a_share_takes_only_what_is_missing_and_gives_back_all_of_it():
    budget = Budget(100)
    with Share(budget) as share:
        share.cover(SMALL)
        assert budget.left == 100
        share.cover(SMALL + 60)
        share.cover(SMALL + 100)
        assert budget.left == 0
        with pytest.raises(Unavailable, match="memory"):
            share.cover(SMALL + 101)
    assert budget.left == 100
