"""Messages and waits, in whatever order they are committed."""

from dataclasses import replace

import pytest

from bot.model.ids import Login
from bot.model.runs import Conclusion, Message
from bot.rules.endings import Ending
from bot.rules.lifecycle import Run, Signal
from bot.rules.waiting import ANSWER, APPROVAL, CI, REVIEW
from bot.store import mailbox, runs, story
from bot.work import resting, waking
from tests.store.rows import QUEUED

RED = Message(kind="ci", text="unit failed")
WORD = Message(kind="review", text="Rename it.", by=Login("ann"), trusted=True)
GREEN = Ending(signal=Signal.SETTLED, conclusion=Conclusion.SUCCESS, words="CI is green.")
WAITING = replace(QUEUED.terms.agent, waits=("ci", "review"))


@pytest.fixture
async def run(house):
    """A run that is delivering, with a head that it has pushed."""
    values = {"head": "a" * 40, "head_branch": "greenroom/x"}
    async with house.store.begin() as tx:
        terms, at = replace(QUEUED.terms, agent=WAITING), house.hub.installation
        await runs.start(tx, replace(QUEUED, terms=terms, installation=at))
        row = await runs.get(tx, QUEUED.id)
        row = await runs.signal(tx, row, Signal.ADMITTED, now=house.time.now)
        return await runs.signal(tx, row, Signal.DELIVERS, now=house.time.now, **values)


async def in_turn(house, *acts):
    """Do things to the run, each in a transaction of its own, and return it."""
    for act in acts:
        async with house.store.begin() as tx:
            await act(tx, await runs.get(tx, QUEUED.id), house.time.now)
    async with house.store.begin() as tx:
        return await runs.get(tx, QUEUED.id)


async def rests(tx, row, now):
    await resting.rest(tx, row, GREEN, now=now)


def told(message, key="a"):
    async def act(tx, row, now):
        await waking.wake(tx, row, message, key=key, now=now)

    return act


def meets(reason):
    async def act(tx, row, now):
        await resting.met(tx, row, reason, GREEN, now=now)

    return act


async def waits(house):
    async with house.store.read() as rows:
        found = await story.waiting(rows, [QUEUED.id])
    return [each.reason for each in found.get(QUEUED.id, [])]


@pytest.mark.parametrize(
    "acts", [(rests, told(RED)), (told(RED), rests)], ids=["rest first", "message first"]
)
@pytest.mark.usefixtures("run")
async def test_a_message_wakes_whether_it_comes_before_or_after_the_parking(house, acts):
    after = await in_turn(house, *acts)
    assert after.state is Run.QUEUED
    assert await waits(house) == []


async def test_a_burst_of_messages_is_one_wake(house, run):
    after = await in_turn(house, rests, told(RED), told(RED), told(WORD, "b"))
    assert (after.state, after.handoffs) == (Run.QUEUED, 1)
    async with house.store.read() as rows:
        assert len(await mailbox.unread(rows, run.id)) == 2


async def test_a_word_of_a_person_begins_the_count_of_hand_offs_anew(house, run):
    async with house.store.begin() as tx:
        await runs.note(tx, run, handoffs=4)
    after = await in_turn(house, rests, told(WORD))
    assert (after.state, after.handoffs) == (Run.QUEUED, 0)


@pytest.mark.parametrize("order", [(CI, REVIEW), (REVIEW, CI)])
@pytest.mark.usefixtures("run")
async def test_a_run_is_settled_when_the_last_wait_is_met(house, order):
    half = await in_turn(house, rests, meets(order[0]), meets(order[0]))
    assert half.state is Run.PARKED
    assert await waits(house) == [order[1]]
    after = await in_turn(house, meets(order[1]))
    assert (after.state, after.conclusion) == (Run.FINISHED, Conclusion.SUCCESS)


@pytest.mark.usefixtures("run")
async def test_what_is_asked_of_people_before_a_push_goes_first(house):
    async def asks(tx, row, now):
        await story.wait(tx, row.id, APPROVAL, now=now, deadline=now + 60)

    after = await in_turn(house, asks, told(WORD))
    assert after.state is Run.PARKED
    assert await waits(house) == [APPROVAL]


async def test_a_run_that_is_over_hears_nothing(house, run):
    async def ends(tx, row, now):
        await runs.signal(tx, row, Signal.CANCELLED, now=now, conclusion=Conclusion.CANCELLED)

    after = await in_turn(house, ends, told(WORD))
    assert after.state is Run.FINISHED
    async with house.store.read() as rows:
        assert await mailbox.unread(rows, run.id) == []


async def test_people_are_reminded_a_day_before_and_the_run_ends_in_time(house, run):
    async with house.store.begin() as tx:
        await runs.note(tx, run, own_pull=1)
    await house.issue(label="")
    await in_turn(house, rests, meets(CI))
    parked = run.terms.parked
    await house.passes(parked - 86_000, "waits", "reporter", step=86_400)
    said = await house.comments()
    assert [body.count("still waits for a review") for body in said].count(1) == 1
    await house.passes(86_400, "waits", "reporter", step=3600)
    after = await in_turn(house)
    assert (after.conclusion, after.words) == (
        Conclusion.TIMED_OUT,
        "Nobody has reviewed it in 14 days.",
    )
    assert len(await house.comments()) == len(said)


@pytest.mark.usefixtures("run")
async def test_a_question_is_waited_for_beside_ci_and_a_review(house):
    async def asks(tx, row, now):
        question = {"text": "Which?", "choices": []}
        await resting.rest(tx, row, GREEN, now=now, question=question)

    await in_turn(house, asks)
    assert sorted(await waits(house)) == sorted([ANSWER, CI, REVIEW])
