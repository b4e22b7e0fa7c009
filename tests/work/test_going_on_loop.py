"""Runs that go on from where another has ended: what they take over, and what they leave."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.model.runs import Checkpoint, Conclusion
from bot.rules.lifecycle import Run
from bot.store import checkpoints, runs
from bot.store.schema import decisions
from bot.work.approvals import Approvals
from tests.work.conversations import FIXER, People, terms

WORK, LATER = "1" * 64, "2" * 64
WAITS = replace(FIXER, waits=("ci", "review"))


@pytest.fixture
async def people(house):
    made = await People.around(house)
    events = ["issues", "issue_comment", "pull_request"]
    await house.hub.control("PATCH /apps/greenroom", events=events)
    await house.hub.control(f"PUT /installations/{house.hub.installation}/permissions")
    await house.settles()
    return made


async def leaves(house, work=WORK):
    """Have the newest job leave a checkpoint."""
    row = await house.run()
    async with house.store.begin() as tx:
        await checkpoints.keep(tx, row, Checkpoint(base=house.runner.latest.plan.base, work=work))


async def says(people, number, body, *, by="ann"):
    people.house.time.now += 5
    await people.did(by, f"POST /issues/{number}/comments", body=body)
    await people.house.passes(10, step=5)


async def shuts(people, number, state="closed", *, by="ann", kind="issues"):
    people.house.time.now += 30
    await people.did(by, f"PATCH /{kind}/{number}", state=state)
    await people.house.settles()


async def at_work(people, **more):
    """Have an agent be at work on an issue and leave something; return the issue's number."""
    number = await people.issue("ann")
    await people.begins(number, **more)
    await people.house.comes_up()
    await leaves(people.house)
    return number


async def waiting(people):
    """Have a run open a pull request and wait for its CI; return both numbers."""
    number = await people.issue("ann")
    await people.begins(number, terms=terms(agent=WAITS))
    await people.hands_in("pull_request", title="Fix it", body="It hung.")
    await leaves(people.house)
    await people.house.passes(10, step=5)
    row = await people.house.run()
    assert (row.state, row.own_pull) == (Run.PARKED, number + 1)
    return number, row.own_pull


async def gone(house):
    """Have the runner of the newest job end it."""
    house.runner.loses()
    await house.passes(4)


async def all_runs(house):
    async with house.store.read() as rows:
        return await runs.all_rows(rows, select(*runs.COLUMNS).order_by(runs.runs.c.id))


async def test_a_stopped_run_goes_on_with_what_it_left(house, people):
    number = await at_work(people)
    await says(people, number, "/gr stop")
    await leaves(house, LATER)
    await gone(house)
    (comment,) = [each for each in await house.comments(number) if "**fix**" in each]
    assert "ann stopped it. `/gr continue` goes on from here." in comment
    await says(people, number, "/gr continue")
    past, row = await all_runs(house)
    plan = house.runner.latest.plan
    assert (row.after, row.handoffs, row.asked_by) == (past.id, 0, "ann")
    assert plan.checkpoint.work == LATER
    assert [each.kind for each in plan.messages] == ["continue"]
    assert "You go on where an earlier run of yours has ended:\n\nIt ended so: ann" in plan.brief
    assert "# What was tried" in plan.brief
    assert f"Going on from where `{past.id}` ended" in (await house.comments(number))[-1]


async def test_the_next_run_waits_until_the_job_before_has_left_what_it_has(house, people):
    number = await at_work(people)
    await says(people, number, "/gr stop\n/gr continue")
    assert len(house.runner.launched) == 1
    await leaves_to(house, 0, LATER)
    house.runner.loses()
    await house.passes(10, step=2)
    assert house.runner.latest.plan.checkpoint.work == LATER
    assert (await house.run()).state is Run.RUNNING


async def leaves_to(house, index, work):
    past = (await all_runs(house))[index]
    async with house.store.begin() as tx:
        left = Checkpoint(base=house.runner.launched[0].plan.base, work=work)
        await checkpoints.keep(tx, past, left)


async def test_a_fresh_start_has_nothing_of_the_run_before(house, people):
    number = await at_work(people)
    await says(people, number, "/gr stop")
    await gone(house)
    await says(people, number, "/gr retry --fresh")
    plan = house.runner.latest.plan
    assert (plan.checkpoint, plan.messages) == (None, ())
    assert "# What was tried" not in plan.brief


async def test_words_of_strangers_stay_what_they_are(house, people):
    number = await at_work(people, outsiders=True)
    await says(people, number, "/gr stop")
    await gone(house)
    await says(people, number, "/gr continue")
    assert (await house.run()).outsiders is True


async def test_an_issue_that_is_opened_again_goes_on_at_its_pull_request(house, people):
    number, pull = await waiting(people)
    before = await house.run()
    await shuts(people, number)
    assert (await house.run()).closed is True
    await shuts(people, number, "open")
    row = await house.run()
    assert (row.after, row.own_pull, row.head_branch) == (before.id, pull, before.head_branch)
    plan = house.runner.latest.plan
    assert (plan.own, plan.kind, plan.subject, plan.base) == (True, "pull", pull, before.head)
    assert (plan.checkpoint.work, plan.checkpoint.pushed) == (None, before.head)
    assert f"It became `{before.head[:12]}`." in plan.brief
    async with house.store.read() as rows:
        assert await runs.opened(rows, row.id) == pull


async def test_a_pull_request_that_is_opened_again_goes_on_with_its_run(house, people):
    number, pull = await waiting(people)
    await shuts(people, pull, kind="pulls")
    assert [each.conclusion for each in await all_runs(house)] == [Conclusion.CANCELLED]
    await shuts(people, pull, "open", kind="pulls")
    row = await house.run()
    assert (row.number, row.own_pull, row.state) == (number, pull, Run.RUNNING)
    assert [each.kind for each in house.runner.latest.plan.messages] == ["continue"]


async def test_work_goes_on_without_a_pull_request_that_was_closed(house, people):
    number, pull = await waiting(people)
    await shuts(people, pull, kind="pulls")
    await says(people, number, "/gr continue")
    row, plan = await house.run(), house.runner.latest.plan
    assert (row.own_pull, row.head, row.head_branch) == (None, None, None)
    assert (plan.own, plan.kind, plan.base_branch) == (False, "issue", "main")
    assert plan.checkpoint.work == WORK
    assert f"#{pull} was closed; its work goes on without it" in (await house.comments(number))[-1]


async def test_work_of_a_later_job_goes_on_without_its_pull_request_too(house, people):
    number, pull = await waiting(people)
    await says(people, number, "/gr fix And the docs")
    await house.comes_up()
    await leaves(house, LATER)
    await says(people, number, "/gr stop")
    house.runner.loses()
    await shuts(people, pull, kind="pulls")
    await says(people, number, "/gr continue")
    plan = house.runner.latest.plan
    assert (plan.own, plan.base_branch, plan.checkpoint.work) == (False, "main", LATER)


async def test_what_was_merged_begins_anew(house, people):
    number, pull = await waiting(people)
    row = await house.run()
    await says(people, number, "/gr stop")
    await people.did("ann", f"PUT /pulls/{pull}/merge")
    await people.did("ann", f"PATCH /issues/{number}", state="open")
    await says(people, number, "/gr retry")
    row, plan = await house.run(), house.runner.latest.plan
    assert (row.after, row.own_pull, row.verdict) == (None, None, None)
    assert (plan.checkpoint, plan.messages, plan.base_branch) == (None, (), "main")
    assert "# What was tried" not in plan.brief


async def test_who_may_not_start_the_agent_opens_an_issue_again_and_no_more(house, people):
    number = await people.issue("bob")
    await people.begins(number)
    await gone(house)
    await shuts(people, number, by="bob")
    await shuts(people, number, "open", by="bob")
    assert len(await all_runs(house)) == 1
    async with house.store.read() as rows:
        (decision,) = (await rows.execute(select(decisions))).mappings()
    assert (decision["person"], decision["act"], decision["rule"]) == ("bob", "fix", "role")
    assert not any("bob" in each for each in await house.comments(number))


async def test_a_run_that_nobody_lets_begin_is_given_up_whatever_it_was_to_be_told(house, people):
    pull, start = await people.pull()
    await people.begins(pull, start)
    await house.comes_up()
    await leaves(house)
    await says(people, pull, "/gr stop")
    await gone(house)
    past = await house.run()
    await people.begins(pull, start, asks=True, after=past.id)
    row = await house.run()
    assert (row.state, row.checkpoint.work) == (Run.PARKED, WORK)
    house.loops["approvals"] = Approvals(house.context)
    house.time.now += row.terms.parked + 1
    await house.passes(2, "approvals")
    assert (await house.run()).words == "Nobody said yes in time."
