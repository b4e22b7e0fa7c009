from contextlib import asynccontextmanager

from bot.model.ids import Repo, RunId
from bot.rules.lifecycle import Signal
from bot.store import queue, runs
from bot.store.engine import open_store
from bot.store.migrate import migrate
from tests.store.rows import ISSUE, NOW, begun, moved


async def take(tx, now=NOW, most=9, of_repo=9):
    return [row.id for row in await queue.queued(tx, now=now, most=most, of_repo=of_repo)]


async def queued(store, **limits):
    async with store.begin() as tx:
        return await take(tx, **limits)


async def wait(store, run, repo=ISSUE.repo, **changes):
    """Store a run that waits for a runner, on a subject of its own."""
    number = int(run, 36)
    return await begun(store, id=RunId(run), repo=Repo(repo), number=number, **changes)


@asynccontextmanager
async def migrated(address):
    await migrate(address)
    store = open_store(address)
    yield store
    await store.close()


async def test_runs_queue_by_age_once_their_time_has_come(store):
    await wait(store, "01C")
    await wait(store, "01B", next_attempt_at=NOW + 5)
    await wait(store, "01D")
    await moved(store, await wait(store, "01A"), Signal.ADMITTED)
    assert await queued(store) == ["01C", "01D"]
    assert await queued(store, now=NOW + 5, most=2) == ["01B", "01C"]


async def test_one_repository_does_not_fill_the_queue_of_all(store):
    for run in ("01A", "01B", "01C"):
        await wait(store, run)
    await wait(store, "01D", "octo/dog")
    assert await queued(store, most=3, of_repo=2) == ["01A", "01B", "01D"]
    assert await queued(store, most=2, of_repo=1) == ["01A", "01D"]
    assert await queued(store, most=1, of_repo=2) == ["01A"]


async def test_runs_that_do_not_wait_take_no_place_of_their_repository(store):
    await moved(store, await wait(store, "01A"), Signal.ADMITTED)
    await moved(store, await wait(store, "01B"), Signal.CANCELLED)
    await wait(store, "01C", next_attempt_at=NOW + 5)
    await wait(store, "01D")
    assert await queued(store, of_repo=1) == ["01D"]


async def test_a_run_waits_for_a_runner_until_it_is_admitted(store):
    async def waits(now=NOW):
        async with store.read() as rows:
            return await queue.any_queued(rows, now=now)

    assert not await waits()
    row = await wait(store, "01A", next_attempt_at=NOW + 5)
    assert [await waits(NOW + 4), await waits(NOW + 5)] == [False, True]
    await moved(store, row, Signal.ADMITTED)
    assert not await waits(NOW + 5)


async def test_two_workers_that_look_at_once_never_admit_the_same_run(postgres):
    async with migrated(postgres) as store, migrated(postgres) as other:
        await wait(store, "01A")
        await wait(store, "01B", "octo/dog")
        async with store.begin() as one, other.begin() as two:
            assert await take(one, of_repo=1) == ["01A", "01B"]
            await wait(store, "01C", "octo/emu")
            assert await take(two, of_repo=1) == ["01C"]
            assert await take(two, of_repo=1) == ["01C"]


async def test_the_slots_of_a_run_that_is_being_admitted_are_left_to_it(postgres):
    async with migrated(postgres) as store, migrated(postgres) as other:
        row = await wait(store, "01A")
        async with store.begin() as one, other.begin() as two:
            assert await take(one) == ["01A"]
            assert await queue.take_slot(one, row.id, "all", 0)
            await runs.signal(one, row, Signal.ADMITTED, now=NOW)
            assert await take(two) == []
        assert await queued(other) == []
        async with other.read() as rows:
            assert await queue.taken_slots(rows) == {("all", 0)}
