"""What wakes a run, and the parking that it ends: whichever is committed first, it wakes once."""

from dataclasses import replace

import pytest

from bot.model.ids import Login
from bot.model.runs import Message, Terms
from bot.rules.lifecycle import Run
from bot.store import mailbox, runs, story
from bot.work import waking
from tests.work.conversations import FIXER, People

EVENTS = ["issues", "issue_comment", "pull_request", "pull_request_review", "push"]
EVENTS += ["check_run", "check_suite", "status"]
PULL = {"title": "Mend it", "body": "Mended."}
DELIVERS = ("supervisor", "delivering", "reporter")
MOMENTS = ["while the job works", "while it delivers", "once it waits"]


@pytest.fixture
async def people(house):
    made = await People.around(house)
    await house.hub.control("PATCH /apps/greenroom", events=EVENTS)
    await house.hub.control(f"PUT /installations/{house.hub.installation}/permissions")
    await house.settles()
    return made


async def begins(people, *waits):
    """Have an agent put to work that waits for these."""
    number = await people.issue("ann")
    await people.begins(number, terms=Terms(agent=replace(FIXER, waits=waits)))


async def unread(house):
    async with house.store.read() as rows:
        return await mailbox.unread(rows, (await house.run()).id)


async def waits(house):
    run = await house.run()
    async with house.store.read() as rows:
        return [each.reason for each in (await story.waiting(rows, [run.id])).get(run.id, ())]


async def delivers_until(house, holds):
    """Deliver until something holds of the run, which does not wait for people yet."""
    while not holds(await house.run()):
        house.time.now += 0.1
        for name in DELIVERS:
            await house.steps(name)
    assert await waits(house) == ["delivery"]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("kind", ["ci", "review", "answer"])
async def test_a_message_wakes_a_run_once_whenever_it_comes(house, people, kind, moment):
    await begins(people, "ci", "review")
    message = Message(kind=kind, text="More.", by=Login("ann"), trusted=True)
    token = await house.comes_up()

    async def tells():
        async with house.store.begin() as tx:
            row = await runs.get(tx, house.runner.latest.plan.run)
            await waking.wake(tx, row, message, key="it", now=house.time.now)

    async def parks():
        await house.broker.ask(token, "pull_request", PULL)
        await house.ends(token, result=await house.pushes())

    async def rests():
        await house.passes(10, step=5)

    acts = [parks, rests]
    acts.insert(MOMENTS.index(moment), tells)
    for act in acts:
        await act()
    await rests()
    assert [each.plan.fence for each in house.runner.launched] == [1, 2]
    assert house.runner.latest.plan.messages == (message,)
    await house.ends(await house.comes_up())
    assert await unread(house) == []


async def test_red_ci_that_is_told_before_the_run_waits_for_it_wakes_it(house, people):
    await begins(people, "ci")
    await people.hands_in("pull_request", **PULL)
    await delivers_until(house, lambda run: run.head)
    head = (await house.run()).head
    await people.did("ann", f"POST /statuses/{head}", state="failure", context="unit")
    await house.settles("inbox")
    await house.passes(10, step=5)
    assert [each.kind for each in house.runner.latest.plan.messages] == ["ci"]
    assert len(house.runner.launched) == 2


async def reviewed(house, people, pull):
    await people.did("ann", f"POST /pulls/{pull}/reviews", event="REQUEST_CHANGES", body="No.")
    await house.settles("inbox")


async def test_a_review_that_is_given_before_the_run_waits_for_one_wakes_it(house, people):
    await begins(people, "review")
    await people.hands_in("pull_request", **PULL)
    await delivers_until(house, lambda run: run.own_pull)
    await reviewed(house, people, (await house.run()).own_pull)
    await house.passes(10, step=5)
    assert [each.kind for each in house.runner.latest.plan.messages] == ["review"]
    assert len(house.runner.launched) == 2


async def test_a_review_that_is_given_before_we_know_of_the_pull_request_wakes_it(house, people):
    await begins(people, "review")
    await people.hands_in("pull_request", **PULL)
    lost = {"bad_gateway_times": 1, "bad_gateway_match": "POST .*/pulls"}
    await house.hub.control("PATCH /switches", **lost)
    await delivers_until(house, lambda run: run.head)
    while not (there := await people.did("ann", "GET /pulls")):
        house.time.now += 0.1
        await house.steps("reporter")
    assert (await house.run()).own_pull is None
    await reviewed(house, people, there[0]["number"])
    await house.passes(120, step=5)
    run = await house.run()
    assert (run.state, len(house.runner.launched)) == (Run.RUNNING, 2)
    assert [each.kind for each in house.runner.latest.plan.messages] == ["review"]


async def test_an_approval_that_is_given_before_the_run_waits_for_one_ends_it(house, people):
    await begins(people, "review")
    await people.hands_in("pull_request", **PULL)
    await delivers_until(house, lambda run: run.own_pull)
    pull = (await house.run()).own_pull
    await people.did("ann", f"POST /pulls/{pull}/reviews", event="APPROVE", body="Good.")
    await house.settles("inbox")
    await house.passes(10, step=5)
    run = await house.run()
    assert (run.state, run.words) == (Run.FINISHED, "ann approved it.")


@pytest.mark.parametrize("kind", ["noop", "comment"])
async def test_a_message_to_a_run_that_delivers_words_alone_is_told_to_another_job(
    house, people, kind
):
    await begins(people)
    token = await house.comes_up()
    await house.broker.ask(token, kind, {"reason": "x"} if kind == "noop" else {"body": "x"})
    await house.ends(token)
    async with house.store.begin() as tx:
        row = await runs.get(tx, house.runner.latest.plan.run)
        message = Message(kind="steer", text="More.", by=Login("ann"), trusted=True)
        await waking.wake(tx, row, message, key="it", now=house.time.now)
    for _ in range(20):
        house.time.now += 1
        for name in ("supervisor", "delivering", "scheduler"):
            await house.steps(name)
    assert [each.plan.fence for each in house.runner.launched] == [1, 2]
    assert house.runner.latest.plan.messages == (message,)
