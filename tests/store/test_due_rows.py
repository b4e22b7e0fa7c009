from bot.rules.lifecycle import Signal
from bot.store import due, inbox, outbox, runs, story
from tests.store.rows import COMMENT, NOW, arrive, begun, lease, live, moved


async def anything(store, now=NOW):
    async with store.read() as rows:
        return await due.anything(rows, now=now)


async def test_nothing_is_due_in_an_empty_database(store):
    assert not await anything(store)


async def test_a_delivery_is_due_until_somebody_has_it(store):
    await arrive(store, ("g1", "a"))
    assert await anything(store)
    async with store.begin() as tx:
        await inbox.claim(tx, lease(), most=1)
    assert not await anything(store)
    assert await anything(store, NOW + 61)


async def test_a_wish_is_due_when_its_time_comes(store):
    async with store.begin() as tx:
        await outbox.wish(tx, COMMENT, now=NOW, not_before=NOW + 5)
    assert [await anything(store, NOW + 4), await anything(store, NOW + 5)] == [False, True]


async def test_a_queued_run_is_due_when_its_time_comes(store):
    await begun(store, next_attempt_at=NOW + 5)
    assert [await anything(store, NOW + 4), await anything(store, NOW + 5)] == [False, True]


async def test_a_run_with_compute_is_due(store):
    await live(store)
    assert await anything(store)


async def test_a_parked_run_is_due_only_for_what_a_loop_looks_at(store):
    parked = await moved(store, await live(store), Signal.VANISHED, Signal.DELIVERS)
    assert not await anything(store)
    async with store.begin() as tx:
        await story.wait(tx, parked.id, "delivery", now=NOW, deadline=NOW + 9)
    assert await anything(store)
    async with store.begin() as tx:
        await runs.claim(tx, lease(), runs.parked_for("delivery"), most=1)
    assert not await anything(store)


async def test_a_finished_run_is_never_due(store):
    await moved(store, await begun(store), Signal.CANCELLED)
    assert not await anything(store, NOW + 10**6)
