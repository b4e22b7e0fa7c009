import asyncio

import pytest
from sqlalchemy import select

from bot.rules.admission import Capacity
from bot.rules.lifecycle import Run, Signal
from bot.store import queue, runs
from bot.store.schema import runs as table
from bot.work.scheduler import Scheduler


async def states(house):
    async with house.store.read() as rows:
        return (await rows.execute(select(table.c.state).order_by(table.c.id))).scalars().all()


async def ask_for(house, count):
    for _ in range(count):
        await house.issue()
    await house.settles("inbox")
    assert await states(house) == ["queued"] * count


def scheduler(house, name="w1", *, everywhere=9, repo=9):
    return Scheduler(house.worker(name), Capacity(everywhere=everywhere, repo=repo))


async def test_runs_start_as_far_as_there_is_room_the_oldest_first(house):
    await ask_for(house, 3)
    assert await scheduler(house, everywhere=2).step()
    assert await states(house) == ["running", "running", "queued"]
    assert not await scheduler(house, everywhere=2).step()


async def test_a_repository_has_room_of_its_own(house):
    await ask_for(house, 3)
    await scheduler(house, repo=1).step()
    assert await states(house) == ["running", "queued", "queued"]


async def test_the_next_starts_when_one_has_left(house):
    house.capacity = Capacity(everywhere=1, repo=1)
    house.loops = house.loops_of(house.context)
    await ask_for(house, 2)
    await house.settles("scheduler", "supervisor")
    token = await house.comes_up()
    await house.ends(token, exit=1)
    assert await states(house) == ["finished", "queued"]
    await house.passes(5, "scheduler", "supervisor")
    assert await states(house) == ["finished", "running"]


async def test_a_run_that_waits_says_so_in_its_comment(house):
    await ask_for(house, 1)
    await house.settles("reporter")
    (comment,) = await house.comments()
    assert "**tidy** · waiting for a runner" in comment


async def test_nothing_is_busy_when_nothing_waits(house):
    assert not await scheduler(house).step()


@pytest.mark.parametrize("repo", [2, 9])
async def test_schedulers_that_decide_at_once_never_admit_too_many(house, repo):
    await ask_for(house, 5)
    several = [scheduler(house, f"w{number}", everywhere=3, repo=repo) for number in range(4)]
    await asyncio.gather(*(each.step() for each in several))
    assert (await states(house)).count("running") == min(repo, 3)
    async with house.store.read() as rows:
        assert len(await queue.taken_slots(rows)) == 2 * min(repo, 3)


async def test_a_slot_that_was_taken_meanwhile_is_not_taken_twice(house, monkeypatch):
    await ask_for(house, 2)

    async def stale(_tx):
        return frozenset()

    await scheduler(house, everywhere=1).step()
    monkeypatch.setattr(queue, "taken_slots", stale)
    assert not await scheduler(house, everywhere=1).step()
    assert await states(house) == ["running", "queued"]


async def test_a_run_that_is_cancelled_while_it_waits_does_not_start(house):
    await ask_for(house, 1)
    row = await house.run()
    async with house.store.begin() as tx:
        await runs.signal(tx, row, Signal.CANCELLED, now=house.time.now)
    assert not await scheduler(house).step()
    assert (await house.run()).state is Run.FINISHED
