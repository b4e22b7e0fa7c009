from dataclasses import replace

import pytest
from pydantic import SecretStr

from bot.model.errors import Fenced, Refused
from bot.model.runs import Conclusion, Message
from bot.rules.endings import MOST_KILLS, Ended
from bot.rules.lifecycle import Compute, Run
from bot.rules.outputs import Accepted, Rejected
from bot.store import mailbox, story
from bot.work.broker import MOST_STEPS, MOST_TURNS

NOOP = {"reason": "All is tidy."}
PULL = {"title": "Tidy up", "body": "Ran it."}
LETTER = Message(kind="steer", text="And the docs, please.", by="ann", trusted=True)
WELL = Ended(exit=0, signal=None, cause="exited", result=None)


async def asked(house):
    run = await house.run()
    async with house.store.read() as rows:
        return [each.kind for each in await story.asked(rows, run.id, run.fence)]


async def post(house, letter=LETTER, key="a"):
    run = await house.run()
    async with house.store.begin() as tx:
        await mailbox.post(tx, run.id, letter, key=key, now=house.time.now)


async def told(house):
    async with house.store.read() as rows:
        return [step.text for step in await story.steps(rows, (await house.run()).id)]


async def test_a_launch_token_is_exchanged_for_the_plan_once(house):
    await house.starts()
    launch = house.runner.latest
    claim = await house.broker.claim(launch.token)
    assert claim.plan == launch.plan
    run = await house.run()
    assert (run.state, run.compute) == (Run.RUNNING, Compute.LIVE)
    assert (await told(house))[-1] == "The agent is at work"
    with pytest.raises(Fenced, match="was claimed already"):
        await house.broker.claim(launch.token)


async def test_a_run_token_names_its_job(house):
    token = await house.works()
    job = await house.broker.of(token)
    assert (job.name, job.plan) == (house.runner.latest.plan.job, house.runner.latest.plan)


@pytest.mark.parametrize("call", ["claim", "of", "beat", "step", "ask", "finish", "messages"])
async def test_a_token_that_nobody_has_opens_nothing(house, call):
    await house.works()
    more = {"step": ("x",), "ask": ("noop", NOOP), "finish": (WELL,)}.get(call, ())
    after = {"after": 0} if call == "messages" else {}
    with pytest.raises(Refused) as refused:
        await getattr(house.broker, call)(SecretStr("guess"), *more, **after)
    assert refused.value.reason == "unknown_token"


async def test_a_launch_token_is_no_run_token(house):
    await house.works()
    with pytest.raises(Refused):
        await house.broker.beat(house.runner.latest.token)


async def test_a_step_is_shown_in_the_comment(house):
    token = await house.works()
    await house.broker.step(token, "Running ruff, @ann")
    await house.passes(3)
    (comment,) = await house.comments()
    assert "` Running ruff, @\u200bann\n" in comment


async def test_a_step_that_is_sent_again_is_told_once(house):
    token = await house.works()
    for _ in range(2):
        await house.broker.step(token, "Running ruff", key="k1")
    assert (await told(house)).count("Running ruff") == 1


async def test_a_talkative_agent_is_not_heard_for_ever(house):
    token = await house.works()
    for number in range(MOST_STEPS):
        await house.broker.step(token, str(number))
    async with house.store.read() as rows:
        assert await story.count(rows, (await house.run()).id) == MOST_STEPS


async def test_an_output_is_accepted_or_refused_with_what_is_left(house):
    token = await house.works()
    ask = house.broker.ask
    assert await ask(token, "noop", NOOP) == Accepted(payload=NOOP, left=0)
    words = "The limit of 1 `noop` is reached."
    assert await ask(token, "noop", NOOP) == Rejected(reason="limit", words=words, left=0)
    missing = await ask(token, "missing_tool", {"name": "black"})
    assert missing == Rejected(reason="schema", words="why: Field required.", left=5)
    assert await asked(house) == ["noop"]


async def test_an_output_that_is_asked_for_again_is_the_same_output(house):
    token = await house.works()
    first = await house.broker.ask(token, "pull_request", PULL, key="k1")
    again = await house.broker.ask(token, "pull_request", PULL, key="k1")
    assert first == again == Accepted(payload=PULL, left=0)
    assert await asked(house) == ["pull_request"]


async def test_a_heartbeat_says_whether_to_go_on(house):
    token = await house.works()
    assert await house.broker.beat(token)
    await house.hub.acts("DELETE /issues/1/labels/agent:tidy")
    await house.settles("inbox")
    assert not await house.broker.beat(token)


@pytest.mark.parametrize("call", ["step", "ask"])
async def test_a_stopped_agent_is_not_heard_any_more(house, call):
    token = await house.works()
    await house.hub.acts("DELETE /issues/1/labels/agent:tidy")
    await house.settles("inbox")
    more = {"step": ("x",), "ask": ("noop", NOOP)}[call]
    with pytest.raises(Fenced, match="is finished"):
        await getattr(house.broker, call)(token, *more)


async def test_a_stopped_job_may_still_say_how_it_ended(house):
    token = await house.works()
    await house.hub.acts("DELETE /issues/1/labels/agent:tidy")
    await house.settles("inbox")
    await house.ends(token, cause="cancelled", exit=143)
    run = await house.run()
    assert (run.conclusion, run.words) == (Conclusion.CANCELLED, "The label was taken off.")


async def test_saying_the_last_word_twice_changes_nothing(house):
    token = await house.works()
    await house.broker.ask(token, "noop", NOOP)
    await house.broker.finish(token, WELL)
    once = await house.run()
    assert (once.state, once.compute) == (Run.PARKED, Compute.LIVE)
    house.time.now += 5
    await house.broker.finish(token, Ended(exit=1, signal=None, cause="crashed", result=None))
    assert await house.run() == once


@pytest.mark.parametrize(
    ("changes", "conclusion", "words"),
    [
        (
            {"cause": "timeout"},
            Conclusion.TIMED_OUT,
            "The agent ran out of time and was stopped.",
        ),
        ({"exit": 3}, Conclusion.FAILURE, "The agent's program failed with exit status 3."),
        ({}, Conclusion.FAILURE, "The agent ended without saying what it did."),
    ],
)
async def test_a_job_that_did_not_end_well_ends_its_run(house, changes, conclusion, words):
    token = await house.works()
    await house.ends(token, **changes)
    run = await house.run()
    assert (run.state, run.conclusion, run.words) == (Run.FINISHED, conclusion, words)


async def test_a_run_goes_on_over_an_unread_message(house):
    token = await house.works()
    await house.broker.ask(token, "noop", NOOP)
    run = await house.run()
    await post(house)
    await house.broker.finish(token, WELL)
    assert (await house.run()).state is Run.RUNNING
    house.runner.loses()
    await house.passes(5)
    plan = house.runner.latest.plan
    assert (plan.fence, plan.messages) == (run.fence + 1, (LETTER,))
    assert "And the docs, please." in plan.brief
    second = await house.comes_up()
    await house.broker.ask(second, "noop", NOOP)
    await house.broker.finish(second, WELL)
    async with house.store.read() as rows:
        assert not await mailbox.unread(rows, run.id)
    assert (await house.run()).state is not Run.RUNNING


async def test_a_killed_agent_is_started_again_and_told_what_the_last_one_was(house):
    letter = Message(kind="steer", text="And the docs, please.", by="ann", trusted=True)
    await house.issue()
    await house.settles("inbox")
    run = await house.run()
    async with house.store.begin() as tx:
        await mailbox.post(tx, run.id, letter, key="a", now=house.time.now)
    await house.settles("scheduler", "supervisor")
    for fence in range(1, MOST_KILLS + 1):
        plan = house.runner.latest.plan
        assert (plan.fence, plan.messages) == (fence, (letter,))
        await house.ends(await house.comes_up(), exit=None, signal=9)
        house.runner.loses()
        await house.passes(3)
    assert (await told(house)).count("The agent was killed; starting it again") == MOST_KILLS - 1
    assert "The runner was lost; starting again" not in await told(house)
    run = await house.run()
    words = "The agent's program was ended by signal 9."
    assert (run.state, run.conclusion, run.words) == (Run.FINISHED, Conclusion.FAILURE, words)


async def test_a_live_job_is_handed_what_has_come_once_and_the_same_when_it_asks_again(house):
    token = await house.works()
    assert await house.broker.messages(token, after=0) == ()
    await post(house)
    for _ in range(2):
        assert await house.broker.messages(token, after=0) == (LETTER,)
    assert await house.broker.messages(token, after=1) == ()
    job = await house.broker.of(token)
    assert (job.turn, job.plan.messages) == (1, (LETTER,))
    assert (await told(house)).count("Told the agent of a new message") == 1
    await house.broker.ask(token, "noop", NOOP)
    await house.broker.finish(token, WELL)
    assert (await house.run()).state is Run.PARKED


async def test_what_comes_after_the_last_look_goes_to_another_job(house):
    token = await house.works()
    await post(house)
    await house.broker.messages(token, after=0)
    later = replace(LETTER, text="And the tests.")
    await post(house, later, key="b")
    await house.broker.finish(token, WELL)
    house.runner.loses()
    await house.passes(5)
    assert house.runner.latest.plan.messages == (later,)


async def test_a_job_that_is_lost_after_it_was_handed_a_message_loses_nothing(house):
    token = await house.works()
    await post(house)
    await house.broker.messages(token, after=0)
    house.runner.loses()
    await house.passes(5)
    plan = house.runner.latest.plan
    assert (plan.fence, plan.messages) == (2, (LETTER,))
    with pytest.raises(Fenced):
        await house.broker.messages(token, after=0)


async def test_a_message_renews_what_may_be_asked_and_takes_the_place_of_an_answer(house):
    token = await house.works()
    await house.broker.ask(token, "noop", NOOP)
    await house.broker.ask(token, "pull_request", PULL)
    await post(house)
    await house.broker.messages(token, after=0)
    assert await asked(house) == ["pull_request"]
    again = PULL | {"title": "Tidy up, docs too"}
    assert isinstance(await house.broker.ask(token, "pull_request", again), Accepted)
    refused = await house.broker.ask(token, "pull_request", again)
    assert (refused.reason, refused.left) == ("limit", 0)
    assert (await house.broker.ask(token, "question", {"text": "Why?"})).reason == "not_granted"
    run = await house.run()
    async with house.store.read() as rows:
        (stands,) = await story.asked(rows, run.id, run.fence)
    assert stands.payload["title"] == "Tidy up, docs too"


async def test_one_job_is_not_told_for_ever(house):
    token = await house.works()
    for number in range(MOST_TURNS + 1):
        await post(house, replace(LETTER, text=str(number)), key=str(number))
        come = await house.broker.messages(token, after=number)
        assert len(come) == (number < MOST_TURNS)
    await house.broker.finish(token, WELL)
    house.runner.loses()
    await house.passes(5)
    assert [each.text for each in house.runner.latest.plan.messages] == [str(MOST_TURNS)]


async def test_a_job_that_is_to_stop_or_has_ended_is_told_nothing_more(house):
    token = await house.works()
    await post(house)
    await house.hub.acts("DELETE /issues/1/labels/agent:tidy")
    await house.settles("inbox")
    assert await house.broker.messages(token, after=0) == ()
    await house.broker.finish(token, WELL)
    assert await house.broker.messages(token, after=0) == ()


async def test_what_a_job_was_handed_and_could_not_say_goes_to_another(house):
    token = await house.works()
    await post(house)
    await house.broker.messages(token, after=0)
    await house.broker.finish(token, WELL, told=0)
    house.runner.loses()
    await house.passes(5)
    assert house.runner.latest.plan.messages == (LETTER,)
