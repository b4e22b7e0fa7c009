"""How loops go on when a step cannot, and end when they are told to."""

import asyncio

import pytest

from bot.model.errors import Fenced, Unavailable
from bot.store.changes import Bell
from bot.store.leases import Lease
from bot.store.runs import OWED, claim
from bot.work.loop import Pool, run_loop
from bot.work.worker import Worker


class Scripted:
    """Steps that end as they are told; the last one blocks."""

    def __init__(self, *ends):
        self.ends = list(ends)
        self.taken = 0
        self.idle = asyncio.Event()

    async def __call__(self):
        self.taken += 1
        if not self.ends:
            self.idle.set()
            await asyncio.Event().wait()
        end = self.ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end == "busy"


@pytest.fixture
def bell():
    """What wakes the loop."""
    return Bell()


async def play(step, bell):
    loop = asyncio.create_task(run_loop("test", step, bell))
    async with asyncio.timeout(30):
        await step.idle.wait()
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop


async def test_a_busy_loop_goes_on_at_once(bell):
    step = Scripted("busy", "busy", "busy")
    await play(step, bell)
    assert step.taken == 4


@pytest.mark.parametrize(
    "problem", [Unavailable("database", "away", retry_after=0.0), Fenced("moved")]
)
async def test_a_loop_outlives_what_it_has_to_wait_for(bell, problem):
    step = Scripted(problem, "busy")
    await play(step, bell)
    assert step.taken == 3


@pytest.fixture
def patient(monkeypatch):
    """Nobody looks again by himself, so that only a change can have woken him."""
    monkeypatch.setattr("bot.store.changes.PATIENCE", 3600.0)


@pytest.mark.usefixtures("patient")
async def test_an_idle_loop_is_woken_by_a_change(bell):
    steps = []

    async def step():
        steps.append(1)
        if len(steps) == 1:
            asyncio.get_running_loop().call_soon(bell.ring)
            return False
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with asyncio.timeout(30):
            await run_loop("test", step, bell)


@pytest.mark.usefixtures("patient")
async def test_a_change_that_came_during_the_step_is_not_missed(bell):
    steps = []

    async def step():
        steps.append(1)
        if len(steps) == 1:
            bell.ring()
            return False
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with asyncio.timeout(30):
            await run_loop("test", step, bell)


async def test_a_bug_ends_the_loop(bell):
    with pytest.raises(KeyError):
        await run_loop("test", Scripted(KeyError("x")), bell)


async def answer(what):
    await asyncio.sleep(0)
    return what


async def fail(problem):
    raise problem


async def test_what_goes_wrong_with_one_row_stays_its_own():
    handled, failed = [], []

    async def handle(row):
        if row == 1:
            raise ZeroDivisionError
        handled.append(await answer(row))

    async def note(row, problem):
        failed.append((row, type(problem)))

    pool = Pool(8, lambda: None)
    for row in range(3):
        pool.add(row, row, handle, note)
    await pool.idle()
    assert (handled, failed) == ([0, 2], [(1, ZeroDivisionError)])


async def test_a_failure_that_cannot_be_handled_stays_its_own_too():
    handled = []

    async def handle(row):
        if row == 1:
            raise ZeroDivisionError
        for _ in range(5):
            await answer(row)
        handled.append(row)

    async def note(_row, _problem):
        raise Fenced("moved")

    pool = Pool(8, lambda: None)
    for row in range(3):
        pool.add(row, row, handle, note)
    await pool.idle()
    assert handled == [0, 2]
    assert pool.room == 8


async def test_a_slow_row_holds_up_no_other():
    done, handled, slow, quick = [], [], asyncio.Event(), asyncio.Event()

    async def handle(row):
        if row == "slow":
            await slow.wait()
        handled.append(row)
        quick.set()

    pool = Pool(2, lambda: done.append(1))
    pool.add("a", "slow", handle, fail)
    pool.add("b", "quick", handle, fail)
    await quick.wait()
    await asyncio.sleep(0)
    assert (handled, pool.room, done) == (["quick"], 1, [1])
    slow.set()
    await pool.idle()
    assert handled == ["quick", "slow"]


async def test_a_row_whose_lease_ran_out_is_left_to_who_handles_it():
    handled, go_on = [], asyncio.Event()

    async def handle(row):
        await go_on.wait()
        handled.append(row)

    pool = Pool(2, lambda: None)
    pool.add("a", "first", handle, fail)
    pool.add("a", "second", handle, fail)
    go_on.set()
    await pool.idle()
    assert handled == ["first"]


async def test_being_cancelled_is_nobody_s_failure():
    failed = []

    async def note(row, _problem):
        failed.append(row)

    waiting = asyncio.Event()

    async def handle(_row):
        await waiting.wait()

    pool = Pool(2, lambda: None)
    pool.add(0, 0, handle, note)
    await asyncio.sleep(0)
    await pool.close()
    assert failed == []
    assert pool.room == 2


@pytest.mark.parametrize("alone", [True, False])
async def test_a_worker_that_is_alone_takes_the_leases_of_the_dead(house, alone):
    await house.starts()
    now = house.time.now + 5
    async with house.store.begin() as tx:
        dead = Lease(worker="dead", now=now, until=now + 60)
        assert await claim(tx, dead, OWED, most=9)
    step = Scripted()
    worker = Worker(house.worker("w2"), {"test": step}, alone=alone)
    working = asyncio.create_task(worker.run())
    await step.idle.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    async with house.store.begin() as tx:
        found = await claim(tx, Lease(worker="w2", now=now, until=now + 60), OWED, most=9)
    assert len(found) == alone


async def test_a_worker_does_the_whole_job_by_itself(house):
    await house.issue()
    started = asyncio.Event()

    async def seen():
        if house.runner.launched:
            started.set()
        return False

    steps = {name: loop.step for name, loop in house.loops.items()}
    worker = asyncio.create_task(Worker(house.context, {**steps, "t": seen}, alone=True).run())
    async with asyncio.timeout(60):
        await started.wait()
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
