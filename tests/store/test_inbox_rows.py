import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.model.ids import DeliveryGuid
from bot.store import inbox
from bot.store.inbox import PARAMETERS, SHARE, Claimed
from bot.store.schema import deliveries, delivery_bodies, receipts
from tests.store.rows import NOW, arrive, lease


async def claim(store, worker="w1", now=NOW, most=10):
    async with store.begin() as tx:
        return list(await inbox.claim(tx, lease(worker, now), most=most))


async def claimed(store, worker="w1", now=NOW, most=10):
    return [each.guid for each in await claim(store, worker, now, most)]


async def finish(store, delivery, worker="w1", state="done"):
    async with store.begin() as tx:
        return await inbox.finish(tx, delivery, worker=worker, state=state, note="so")


async def test_a_worker_gets_all_that_it_needs(store):
    await arrive(store, ("g1", "a"))
    (delivery,) = await claim(store)
    assert delivery == Claimed(
        id=delivery.id,
        guid=DeliveryGuid("g1"),
        event="issues",
        body=b"g1",
        received_at=NOW,
        attempts=1,
    )


async def test_the_oldest_of_each_key_is_taken_in_the_order_of_arrival(store):
    await arrive(store, ("g1", "a"), ("g2", "b"), ("g3", "a"), ("g4", "c"))
    assert await claimed(store) == ["g1", "g2", "g4"]


async def test_no_more_are_taken_than_asked_for(store):
    await arrive(store, ("g1", "a"), ("g2", "b"), ("g3", "c"))
    assert await claimed(store, most=2) == ["g1", "g2"]
    assert await claimed(store, most=2) == ["g3"]


async def test_a_repository_of_which_much_waits_lets_the_others_go_first(store):
    await arrive(store, *((f"g{number}", f"repo:1#{number}") for number in range(5)))
    assert await claimed(store, most=2) == ["g0", "g1"]
    await arrive(store, ("late", "repo:2#1"))
    assert await claimed(store, most=1) == ["late"]


async def test_a_repository_has_no_more_than_its_share_under_way(store):
    await arrive(store, *((f"g{number}", f"repo:1#{number}") for number in range(SHARE + 2)))
    first, *_ = await claim(store)
    assert await claimed(store) == []
    await finish(store, first)
    assert await claimed(store) == [f"g{SHARE}"]


async def test_repositories_take_turns_and_each_keeps_its_order(store):
    await arrive(store, *((f"a{number}", f"repo:1#{number}") for number in range(4)))
    await arrive(store, *((f"b{number}", f"repo:2@{number:040x}") for number in range(4)))
    assert await claimed(store, most=2) == ["a0", "b0"]
    assert await claimed(store, most=4) == ["a1", "a2", "b1", "b2"]


async def test_what_one_key_holds_up_counts_for_nothing(store):
    await arrive(store, *((f"a{number}", "repo:1#1") for number in range(4)), ("b", "repo:1#2"))
    assert await claimed(store, most=1) == ["a0"]
    await arrive(store, ("c", "repo:2#1"), ("d", "repo:2#2"))
    assert await claimed(store, most=2) == ["b", "c"]


async def test_a_leased_delivery_holds_up_its_key_and_no_other(store):
    await arrive(store, ("g1", "a"))
    await claim(store)
    await arrive(store, ("g2", "a"), ("g3", "b"))
    assert await claimed(store, "w2") == ["g3"]


async def test_a_postponed_delivery_holds_up_its_key_and_no_other(store):
    await arrive(store, ("g1", "a"), ("g2", "a"), ("g3", "b"))
    (first, _) = await claim(store)
    async with store.begin() as tx:
        await inbox.postpone(tx, first, worker="w1", until=NOW + 30, note="away")
    assert await claimed(store, now=NOW + 29) == []
    assert await claimed(store, now=NOW + 30) == ["g1"]


@pytest.mark.parametrize(("attempts", "next_try"), [(1, 2), (0, 1)])
async def test_a_delivery_comes_back_with_the_tries_that_count_against_it(
    store, attempts, next_try
):
    await arrive(store, ("g1", "a"))
    (first,) = await claim(store)
    counted = replace(first, attempts=attempts)
    async with store.begin() as tx:
        await inbox.postpone(tx, counted, worker="w1", until=NOW + 1, note="away")
    (again,) = await claim(store, now=NOW + 1)
    assert again.attempts == next_try


@pytest.mark.parametrize("state", ["done", "ignored", "set_aside"])
async def test_the_next_of_a_key_comes_when_the_first_has_ended(store, state):
    await arrive(store, ("g1", "a"), ("g2", "a"))
    (first,) = await claim(store)
    assert await finish(store, first, state=state)
    assert await claimed(store) == ["g2"]


async def test_a_lease_ends_with_the_time_of_the_one_who_asks(store):
    await arrive(store, ("g1", "a"))
    await claim(store)
    assert await claimed(store, "w2", NOW + 60) == []
    (again,) = await claim(store, "w2", NOW + 60.5)
    assert (again.guid, again.attempts) == ("g1", 2)


async def test_who_lost_the_lease_can_neither_finish_nor_postpone(store):
    await arrive(store, ("g1", "a"))
    (delivery,) = await claim(store)
    await claim(store, "w2", NOW + 61)
    assert not await finish(store, delivery, "w1")
    async with store.begin() as tx:
        await inbox.postpone(tx, delivery, worker="w1", until=0, note="late")
    assert await claimed(store, "w3", NOW + 62) == []
    assert await finish(store, delivery, "w2")


async def test_what_has_ended_does_not_end_again(store):
    await arrive(store, ("g1", "a"))
    (delivery,) = await claim(store)
    assert await finish(store, delivery)
    assert not await finish(store, delivery)


async def test_workers_that_claim_at_once_never_share(store):
    await arrive(store, *((f"g{number:02}", f"key{number % 12}") for number in range(24)))
    found = await asyncio.gather(*(claimed(store, f"w{who}", most=4) for who in range(6)))
    taken = [guid for guids in found for guid in guids]
    assert len(taken) == len(set(taken))
    assert set(taken) <= {f"g{number:02}" for number in range(12)}


async def test_a_claim_that_is_not_committed_is_passed_over_without_waiting(store):
    if store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    await arrive(store, ("g1", "a"), ("g2", "a"), ("g3", "b"))
    async with store.begin() as tx:
        await inbox.claim(tx, lease("w1"), most=1)
        assert await claimed(store, "w2") == ["g3"]


async def test_a_delivery_is_due_when_it_can_be_claimed(store):
    async def due(now=NOW):
        async with store.read() as rows:
            return await inbox.due(rows, now=now)

    assert not await due()
    await arrive(store, ("g1", "a"))
    assert await due()
    (delivery,) = await claim(store)
    assert not await due()
    assert await due(NOW + 61)
    async with store.begin() as tx:
        await inbox.postpone(tx, delivery, worker="w1", until=NOW + 9, note="away")
    assert [await due(NOW + 8), await due(NOW + 9)] == [False, True]


async def test_a_receipt_is_written_once(store):
    async with store.begin() as tx:
        await inbox.receipt(tx, DeliveryGuid("g1"), "labels", "queued")
        await inbox.receipt(tx, DeliveryGuid("g1"), "labels", "again")
        await inbox.receipt(tx, DeliveryGuid("g1"), "pulls", "nothing")
        rows = (await tx.execute(select(receipts).order_by(receipts.c.reaction))).all()
    assert rows == [("g1", "labels", "queued"), ("g1", "pulls", "nothing")]


async def test_known_deliveries_are_told_from_lost_ones(store):
    await arrive(store, ("g1", "a"), ("g2", "a"))
    async with store.read() as rows:
        assert await inbox.known(rows, ["g2", "g3"]) == {"g2"}
        assert await inbox.known(rows, []) == set()


async def test_more_deliveries_are_known_than_one_query_may_name(store):
    most = 2 * PARAMETERS + 1
    guids = [f"g{number}" for number in range(most)]
    ours = {guids[at] for at in (0, PARAMETERS - 1, PARAMETERS, most - 1)}
    await arrive(store, *((guid, "a") for guid in sorted(ours)))
    async with store.read() as rows:
        assert await inbox.known(rows, guids) == ours


async def test_old_bodies_are_forgotten_but_not_what_waits_or_was_set_aside(store):
    await arrive(store, ("g1", "a"), ("g2", "b"), ("g3", "c"), ("g4", "d"))
    await arrive(store, ("g5", "e"), now=NOW + 100)
    one, two, three, _, five = await claim(store)
    for delivery, state in (
        (one, "done"),
        (two, "ignored"),
        (three, "set_aside"),
        (five, "done"),
    ):
        await finish(store, delivery, state=state)
    async with store.begin() as tx:
        found = [await inbox.forget(tx, before=NOW + 100, most=1) for _ in range(3)]
        left = await tx.execute(select(delivery_bodies.c.guid).order_by("guid"))
        known = await tx.execute(select(deliveries.c.guid))
    assert found == [1, 1, 0]
    assert left.scalars().all() == ["g3", "g4", "g5"]
    assert len(known.all()) == 5
