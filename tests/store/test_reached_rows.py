"""Hosts that runs have reached, on both databases."""

import asyncio

from pydantic import SecretStr

from bot.model.ids import RunId
from bot.rules.egress import MOST_HOSTS, OTHERS, Destination, Reached
from bot.store import reached
from tests.store.rows import NOW, begun

RUN = RunId("01A")


async def count(store, host, port=443, *, allowed=True, now=NOW):
    async with store.begin() as tx:
        to = Destination(host=host, port=port)
        await reached.count(tx, RUN, to, allowed=allowed, now=now)


async def seen(store):
    async with store.read() as tx:
        return await reached.of(tx, RUN)


async def test_connections_are_counted_by_host_and_port_and_answer(store):
    await begun(store)
    await count(store, "packages.example", now=NOW + 1)
    await count(store, "packages.example", now=NOW + 2)
    await count(store, "packages.example", 22, allowed=False, now=NOW + 3)
    await count(store, "evil.example", allowed=False)
    assert await seen(store) == [
        Reached(host="evil.example", port=443, allowed=False, times=1),
        Reached(host="packages.example", port=443, allowed=True, times=2),
        Reached(host="packages.example", port=22, allowed=False, times=1),
    ]


async def test_hosts_beyond_the_first_ones_are_counted_as_one(store):
    await begun(store)
    for number in range(MOST_HOSTS + 2):
        await count(store, f"{number}.example", number, allowed=False)
    await count(store, "0.example", 0, allowed=False)
    named = [(each.host, each.times) for each in await seen(store) if each.times > 1]
    assert sorted(named) == [(OTHERS, 2), ("0.example", 2)]
    assert len(await seen(store)) == MOST_HOSTS + 1


async def test_what_was_refused_leaves_room_for_what_was_reached(store):
    await begun(store)
    for number in range(MOST_HOSTS):
        await count(store, "evil.example", number, allowed=False)
    await count(store, "packages.example")
    assert Reached(host="packages.example", port=443, allowed=True, times=1) in await seen(store)


async def test_connections_side_by_side_are_all_counted(store):
    await begun(store)
    await asyncio.gather(*(count(store, "packages.example") for _ in range(8)))
    assert [each.times for each in await seen(store)] == [8]


async def test_a_token_that_nobody_has_is_of_no_job_at_work(store):
    async with store.read() as tx:
        assert await reached.at_work(tx, [SecretStr("x")]) == frozenset()
