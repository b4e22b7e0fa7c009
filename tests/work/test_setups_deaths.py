"""A worker that dies at any commit on the way of a setup, and another that goes on."""

from contextlib import suppress
from dataclasses import replace

import pytest

from bot.work.context import LEASE
from tests.work.conversations import People
from tests.work.preparing import Prepared
from tests.work.test_validations_deaths import Died, Mortal

BEFORE, AFTER = 10, 5
"""What a worker commits from a run that wants a runner to the job of its setup, and from the end
of that to the job of the run."""


def commits(most):
    """Number commits; the first is for every day."""
    return [pytest.param(at, marks=pytest.mark.full if at else ()) for at in range(most)]


class Idle:
    """A loop that finds nothing to do."""

    async def step(self):
        return False


@pytest.fixture
async def inner(house):
    return Prepared(house)


async def works(inner, at, *, after):
    """Have a worker work that dies at a commit, and wait until its leases are over."""
    house = inner.house
    mortal = Mortal(house.store, at, after=after)
    context = replace(house.context, worker="w0", store=mortal)
    loops = house.loops_of(context)["supervisor"], inner.loop_of(context)
    for _ in range(20):
        for loop in loops:
            with suppress(Died):
                await loop.step()
            await house.idle()
        house.time.now += 1.1
    assert mortal.dead
    house.time.now += LEASE


async def ends(inner):
    """Have everything come to its end; see that it did so once."""
    runs = inner.house.runner.launched
    await inner.passes(5)
    if not runs:
        await inner.hands_in()
        await inner.passes(5)
    row = await inner.setup()
    assert (row.state, row.verdict.outcome) == ("done", "passed")
    assert row.fence <= 2
    assert {each.launch.job for each in runs[:-1]} <= {f"{runs[-1].launch.job[:-1]}1"}
    assert (runs[-1].launch.layers[0] / ".venv/x").read_text() == "x"
    async with inner.house.store.read() as tx:
        assert await inner.setups_of(tx) == [row.id]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", commits(BEFORE))
async def test_a_run_gets_its_setup_wherever_a_worker_died(house, inner, at, after):
    people = await People.around(house)
    supervisor, house.loops["supervisor"] = house.loops["supervisor"], Idle()
    validations, house.loops["validations"] = house.loops["validations"], Idle()
    await inner.begins(people)
    await works(inner, at, after=after)
    house.loops |= {"supervisor": supervisor, "validations": validations}
    await ends(inner)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", commits(AFTER))
async def test_a_run_stands_on_its_setup_wherever_a_worker_died(house, inner, at, after):
    people = await People.around(house)
    await inner.begins(people)
    supervisor, house.loops["supervisor"] = house.loops["supervisor"], Idle()
    await inner.hands_in()
    await works(inner, at, after=after)
    house.loops["supervisor"] = supervisor
    await ends(inner)
