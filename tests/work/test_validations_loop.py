import asyncio
from dataclasses import replace

import pytest

from bot.runners.base import Alive, Gone, Unknown
from bot.work.validator import Tree
from tests.work.conversations import People, terms
from tests.work.validating import GOOD, TREE, UNIT, Inner


@pytest.fixture
async def people(house):
    return await People.around(house)


@pytest.fixture
def inner(house):
    return Inner(house)


async def test_a_validation_is_launched_away_from_the_agent(inner, people, house):
    row = await inner.row(await inner.asked(people))
    (launch,) = inner.stand.launched
    assert (launch.job, launch.task, launch.limits.seconds) == (row.job, "validation", 60)
    assert launch.tree == house.runner.latest.launch.tree
    assert (row.state, row.slot, row.fence) == ("running", 0, 1)
    assert [each.launch.job for each in house.runner.launched] == [house.runner.latest.plan.job]


async def test_its_verdict_ends_it(inner, people):
    name = await inner.asked(people)
    await inner.verdicts.end(await inner.claims(), GOOD)
    await inner.goes_on(5)
    row = await inner.row(name)
    assert (row.state, row.verdict.outcome, row.slot) == ("done", "passed", None)
    assert len(inner.stand.launched) == 1


@pytest.mark.full
async def test_a_job_that_is_lost_is_begun_anew_a_few_times(inner, people):
    name = await inner.asked(people)
    for fence in (1, 2, 3):
        assert (await inner.row(name)).fence == fence
        inner.stand.standings[f"v-{name.lower()}-{fence}"] = Gone()
        await inner.goes_on(8)
    row = await inner.row(name)
    assert (row.state, row.verdict.outcome) == ("done", "broken")
    assert row.verdict.words == "3 runners were lost, one after another."


async def test_a_runner_that_was_away_gets_another_job(inner, people):
    inner.stand.away = True
    name = await inner.asked(people)
    inner.stand.away = False
    await inner.goes_on(10)
    assert [launch.job for launch in inner.stand.launched] == [f"v-{name.lower()}-2"]


async def test_a_job_that_nobody_knows_of_is_waited_for_until_its_time_is_over(inner, people):
    name = await inner.asked(people)
    job = inner.stand.launched[0].job
    inner.stand.standings[job] = Unknown("the machine does not answer")
    await inner.goes_on(20)
    assert (await inner.row(name)).state == "running"
    inner.house.time.now += 200
    await inner.goes_on(2)
    row = await inner.row(name)
    assert (row.verdict.outcome, inner.stand.killed) == ("broken", [job])


async def test_one_of_a_run_that_is_over_is_ended(inner, people, house):
    name = await inner.asked(people)
    token = await inner.claims()
    await people.did("ann", "PATCH /issues/1", state="closed")
    await house.settles("inbox")
    await inner.goes_on(3)
    assert (await inner.row(name)).state == "dropped"
    assert inner.stand.killed == [inner.stand.launched[0].job]
    assert not await inner.verdicts.printed(token, b"", at=0)


async def test_one_that_somebody_else_waits_for_goes_on(inner, people, house):
    name = await inner.asked(people)
    other = await inner.validator.ask(await inner.works(people), "unit", TREE)
    await people.did("ann", "PATCH /issues/1", state="closed")
    await house.settles("inbox")
    await inner.goes_on(3)
    assert (await inner.row(name)).state == "running"
    await inner.verdicts.end(await inner.claims(), GOOD)
    assert (await inner.row(other.id)).verdict.outcome == "passed"


@pytest.mark.full
async def test_no_more_run_side_by_side_than_may(house, people):
    inner = Inner(house, most=1)
    token = await inner.works(people)
    first, second = [
        await inner.validator.ask(token, "unit", Tree(sha=sha * 40, work=None)) for sha in "ab"
    ]
    await inner.goes_on(3)
    assert len(inner.stand.launched) == 1
    assert (await inner.row(second.id)).state == "queued"
    await inner.verdicts.end(await inner.claims(), GOOD)
    await inner.goes_on(3)
    assert [(await inner.row(each.id)).state for each in (first, second)] == ["done", "running"]


@pytest.mark.full
async def test_what_has_ended_is_removed_when_the_next_begins(inner, people):
    await inner.asked(people)
    await inner.verdicts.end(await inner.claims(), GOOD)
    first = inner.stand.launched[0].job
    assert inner.stand.swept == set()
    await inner.validator.ask(await inner.works(people), "unit", Tree(sha="a" * 40, work=None))
    await inner.goes_on()
    assert inner.stand.swept == {first}


async def test_a_class_that_no_runner_has_gets_no_verdict(inner, people):
    row = await inner.row(await inner.asked(people, "image"))
    assert (row.verdict.outcome, row.fence) == ("broken", 0)
    assert row.verdict.words == "There is no runner of class `builder` here."


async def test_two_workers_give_it_one_job(house, people):
    inner = Inner(house)
    second = Inner(house)
    second.stand.launched = inner.stand.launched
    await inner.validator.ask(await inner.works(people), "unit", TREE)
    await asyncio.gather(inner.loop.step(), second.loop.step())
    await house.idle()
    assert len(inner.stand.launched) == 1


async def test_trees_are_held_until_the_verdict(inner, people, house):
    await inner.asked(people)
    job = inner.stand.launched[0].job
    house.time.now += 61
    await house.settles("janitor")
    assert job in house.places.lowers.held()
    await inner.verdicts.end(await inner.claims(), GOOD)
    house.time.now += 61
    await house.settles("janitor")
    assert job not in house.places.lowers.held()
    assert house.runner.latest.plan.job in house.places.lowers.held()


async def test_what_fails_in_a_way_nobody_foresaw_is_tried_again_later(inner, people):
    async def breaks(job):
        raise RuntimeError(job)

    name = await inner.asked(people)
    poll, inner.stand.poll = inner.stand.poll, breaks
    await inner.goes_on(2)
    assert (await inner.row(name)).failures == 1
    inner.stand.poll = poll
    await inner.goes_on(40)
    row = await inner.row(name)
    assert (row.state, row.failures) == ("running", 0)
    assert isinstance(await inner.stand.poll(row.job), Alive)


async def ahead(inner, people):
    """Have a validation begin before its agent asks; return the agent's token and its id."""
    number = await people.issue("ann")
    quick = replace(UNIT, speculate=True)
    await people.begins(number, terms=terms(validations=(quick,)))
    token = await inner.house.comes_up()
    begun = await inner.validator.begin(token, "unit", TREE)
    await inner.goes_on(2)
    return token, begun.id


async def test_the_last_place_is_kept_for_what_somebody_has_asked_for(house, people):
    inner = Inner(house, most=1)
    token, name = await ahead(inner, people)
    assert (await inner.row(name)).state == "queued"
    await inner.validator.ask(token, "unit", TREE)
    await inner.goes_on(2)
    assert (await inner.row(name)).state == "running"


@pytest.mark.full
async def test_what_began_ahead_is_ended_once_the_tree_has_moved_on(inner, people):
    token, name = await ahead(inner, people)
    (launch,) = inner.stand.launched
    await inner.validator.ask(token, "unit", Tree(sha="a" * 40, work=None))
    await inner.goes_on(2)
    assert (await inner.row(name)).state == "dropped"
    assert inner.stand.killed == [launch.job]
    assert len(inner.stand.launched) == 2
