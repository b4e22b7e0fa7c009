"""Hosts that runs have reached, on both databases."""

from pydantic import SecretStr

from bot.model.ids import RunId
from bot.rules.egress import MOST_HOSTS, Destination, Reached
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
    await count(store, "pypi.org", now=NOW + 1)
    await count(store, "pypi.org", now=NOW + 2)
    await count(store, "pypi.org", 22, allowed=False, now=NOW + 3)
    await count(store, "evil.example", allowed=False)
    assert await seen(store) == [
        Reached(host="evil.example", port=443, allowed=False, times=1),
        Reached(host="pypi.org", port=443, allowed=True, times=2),
        Reached(host="pypi.org", port=22, allowed=False, times=1),
    ]


async def test_of_too_many_hosts_the_first_ones_are_counted_still(store):
    await begun(store)
    for number in range(MOST_HOSTS + 2):
        await count(store, f"{number}.example", allowed=False)
    await count(store, "0.example", allowed=False)
    found = await seen(store)
    assert len(found) == MOST_HOSTS
    assert sum(each.times for each in found) == MOST_HOSTS + 1


async def test_a_token_that_nobody_has_is_of_no_job_at_work(store):
    async with store.read() as tx:
        assert await reached.at_work(tx, [SecretStr("x")]) == frozenset()
