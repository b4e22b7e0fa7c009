"""Runners that get lost, lie, forget, or are silent for ever."""

import pytest

from bot.model.errors import Fenced, Unavailable
from bot.model.runs import Conclusion
from bot.rules.attempts import JOB_GRACE
from bot.rules.lifecycle import Compute, Run
from bot.runners.base import Alive, Unknown
from bot.store import queue, runs
from bot.work.supervisor import STOP_GRACE
from tests.work.house import Stagehand


class Liar(Stagehand):
    """Says that a job is gone while its harness works on."""

    lies = False

    async def poll(self, job):
        return await super().poll("nothing" if self.lies else job)


class Forgetful(Stagehand):
    """Takes a job and does not answer; then has never heard of it."""

    forgets = 1

    async def launch(self, launch):
        if self.forgets:
            self.forgets -= 1
            await self.note(launch)
            raise Unavailable("runner", "no answer", retry_after=2.0, sent=True)
        await super().launch(launch)


class Silent(Stagehand):
    """Cannot say anything of any job."""

    async def poll(self, _job):
        return Unknown("its backend is away")


def fences(house):
    return [launch.plan.fence for launch in house.runner.launched]


def take(house, runner):
    house.runner = runner
    runner.store = house.store
    house.loops = house.loops_of(house.context)
    return runner


def past_the_deadline(house):
    return house.runner.latest.plan.agent.limits.seconds + JOB_GRACE + 1


async def held(house):
    async with house.store.read() as rows:
        return await queue.taken_slots(rows)


async def test_a_lost_runner_is_replaced_by_one_with_a_higher_fence(house):
    await house.works()
    house.runner.loses()
    await house.passes(4, step=0.5)
    run = await house.run()
    assert (run.state, run.compute, run.fence) == (Run.RUNNING, Compute.STARTING, 2)
    assert fences(house) == [1, 2]
    (comment,) = await house.comments()
    assert "The runner was lost; starting again" in comment


async def test_each_loss_is_followed_by_a_longer_pause(house):
    await house.starts()
    pauses = []
    for jobs in (1, 2, 3):
        house.runner.loses()
        while (run := await house.run()).compute is not Compute.NONE:
            await house.passes(0.1, "supervisor", step=0.1)
        pauses.append(round(run.next_attempt_at - house.time.now))
        while len(house.runner.launched) == jobs:
            await house.passes(0.1, "supervisor", step=0.1)
    assert pauses == [1, 2, 4]


async def test_five_lost_runners_end_the_run(house):
    await house.issue()
    for _ in range(20):
        await house.passes(10, step=5)
        house.runner.loses()
    run = await house.run()
    assert fences(house) == [1, 2, 3, 4, 5]
    assert (run.state, run.compute, run.conclusion) == (
        Run.FINISHED,
        Compute.NONE,
        Conclusion.FAILURE,
    )
    assert run.words == "5 runners were lost, one after another."
    assert await held(house) == frozenset()
    assert await house.labels() == []


async def test_a_job_past_its_deadline_is_fenced_killed_and_not_heard_any_more(house):
    token = await house.works()
    job = house.runner.latest.plan.job
    house.time.now += past_the_deadline(house)
    await house.settles("supervisor")
    assert house.runner.stops == [(job, True)]
    run = await house.run()
    assert (run.compute, run.fence) == (Compute.STOPPING, 2)
    with pytest.raises(Fenced):
        await house.broker.ask(token, "noop", {"reason": "late"})
    with pytest.raises(Fenced):
        await house.ends(token)
    house.runner.loses(job)
    await house.passes(5)
    assert fences(house) == [1, 3]
    assert (await house.run()).state is Run.RUNNING


async def test_a_job_within_its_deadline_is_left_alone(house):
    await house.works()
    house.time.now += past_the_deadline(house) - 10
    await house.settles("supervisor")
    assert house.runner.stops == []


async def test_a_job_that_did_not_come_up_yet_is_stopped_and_cannot_start(house):
    await house.starts()
    await house.hub.acts("DELETE /issues/1/labels/agent:tidy")
    await house.settles()
    assert house.runner.stops == [(house.runner.latest.plan.job, False)]
    assert (await house.run()).compute is Compute.STOPPING
    with pytest.raises(Fenced):
        await house.comes_up()
    house.runner.loses()
    await house.passes(3)
    assert (await house.run()).compute is Compute.NONE
    assert await held(house) == frozenset()


async def test_a_stopped_job_that_does_not_end_is_killed(house):
    await house.works()
    job = house.runner.latest.plan.job
    await house.hub.acts("DELETE /issues/1/labels/agent:tidy")
    await house.passes(STOP_GRACE + 5, step=5)
    assert house.runner.stops == [(job, False), (job, True)]


async def test_a_liar_s_first_job_writes_nothing_any_more(house):
    liar = take(house, Liar())
    first = await house.works()
    liar.lies = True
    await house.passes(1, "supervisor")
    liar.lies = False
    await house.passes(1, "supervisor")
    second = await house.comes_up()
    with pytest.raises(Fenced):
        await house.broker.ask(first, "noop", {"reason": "me"})
    with pytest.raises(Fenced):
        await house.broker.beat(first)
    assert await house.broker.beat(second)


async def test_a_launch_without_an_answer_is_looked_for_before_it_is_repeated(house):
    forgetful = take(house, Forgetful())
    await house.starts()
    assert (await house.run()).compute is Compute.STARTING
    assert fences(house) == [1]
    await house.passes(10)
    assert fences(house) == [1, 2]
    assert forgetful.standings == {house.runner.latest.plan.job: Alive()}


async def test_a_launch_without_an_answer_that_took_effect_is_adopted(house):
    forgetful = take(house, Forgetful())
    await house.starts()
    forgetful.standings[house.runner.latest.plan.job] = Alive()
    assert await house.broker.beat(await house.comes_up())
    await house.passes(10)
    assert fences(house) == [1]


async def test_nothing_is_torn_down_on_unknown_before_the_deadline(house):
    await house.works()
    silent = take(house, Silent())
    await house.passes(600, "supervisor", step=60)
    assert silent.stops == []
    assert (await house.run()).compute is Compute.LIVE


async def test_a_runner_that_is_silent_for_ever_does_not_keep_a_run_for_ever(house):
    await house.works()
    late = past_the_deadline(house)
    take(house, Silent())
    await house.passes(2 * late, "supervisor", step=STOP_GRACE + 1)
    assert fences(house) == [3]
    await house.passes(12 * late, "supervisor", step=STOP_GRACE + 1)
    assert (await house.run()).words == "5 runners were lost, one after another."


async def test_one_run_that_nobody_foresaw_does_not_stop_the_others(house):
    await house.issue()
    await house.settles("inbox", "scheduler")
    first = await house.run()
    async with house.store.begin() as tx:
        await runs.note(tx, first, base="no commit", base_branch="main")
    await house.issue()
    await house.settles()
    assert [launch.plan.subject for launch in house.runner.launched] == [2]


async def test_a_repository_that_cannot_be_read_ends_the_run_with_github_s_words(house):
    await house.issue()
    await house.settles("inbox", "scheduler")
    first = await house.run()
    async with house.store.begin() as tx:
        await runs.note(tx, first, repo="octo/gone")
    await house.passes(5)
    run = await house.run()
    assert (run.state, run.conclusion) == (Run.FINISHED, Conclusion.FAILURE)
    assert run.words
