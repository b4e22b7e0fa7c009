from dataclasses import replace

import pytest
from sqlalchemy import select, true

from bot.model.ids import InstallationId, Login
from bot.model.intents import RecordInstallation
from bot.store import inbox, installations, outbox, runs
from bot.store.leases import release_all
from bot.store.schema import installations as table
from tests.store.rows import COMMENT, NOW, arrive, begun, lease


async def claim_all(store, worker):
    async with store.begin() as tx:
        return (
            len(await inbox.claim(tx, lease(worker), most=9)),
            len(await runs.claim(tx, lease(worker), true(), most=9)),
            len(await outbox.claim(tx, lease(worker), most=9)),
        )


async def one_of_each(store):
    await arrive(store, ("g1", "a"))
    await begun(store)
    async with store.begin() as tx:
        await outbox.wish(tx, COMMENT, now=NOW)


async def test_a_worker_that_starts_alone_takes_every_lease_of_the_dead(store):
    await one_of_each(store)
    assert await claim_all(store, "dead") == (1, 1, 1)
    assert await claim_all(store, "w2") == (0, 0, 0)
    async with store.begin() as tx:
        await release_all(tx, but="w2")
    assert await claim_all(store, "w2") == (1, 1, 1)


async def test_a_worker_keeps_what_is_its_own(store):
    await one_of_each(store)
    await claim_all(store, "w2")
    async with store.begin() as tx:
        await release_all(tx, but="w2")
    assert await claim_all(store, "w3") == (0, 0, 0)


@pytest.mark.parametrize("active", [True, False])
async def test_the_newest_word_of_an_installation_counts(store, active):
    first = RecordInstallation(
        installation=InstallationId(7),
        account=Login("octo"),
        permissions={"issues": "write"},
        active=not active,
    )
    newest = replace(first, account=Login("octa"), permissions={}, active=active)
    async with store.begin() as tx:
        await installations.record(tx, first)
        await installations.record(tx, newest)
        assert (await tx.execute(select(table))).all() == [(7, "octa", {}, active)]
