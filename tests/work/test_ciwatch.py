"""CI of what runs have brought to GitHub: red wakes them, green ends them, the rest ends too."""

from dataclasses import replace

import pytest

from bot.model.runs import Conclusion, Terms
from bot.rules.lifecycle import Run
from bot.rules.waiting import CI
from bot.store import story
from bot.work.ciwatch import SPACING
from tests.work.conversations import FIXER, People

EVENTS = ["issues", "issue_comment", "pull_request", "check_run", "check_suite", "status", "push"]
PATIENT = Terms(agent=replace(FIXER, waits=("ci",)), command="fix", handoffs=2)


@pytest.fixture
async def people(house):
    made = await People.around(house)
    await house.hub.control("PATCH /apps/greenroom", events=EVENTS)
    await house.settles()
    return made


@pytest.fixture
async def waiting(house, people):
    """Bring a run so far that its pull request is open and its CI awaited."""
    number = await people.issue("ann")
    await people.begins(number, terms=PATIENT)
    await people.hands_in("pull_request", title="Mend it", body="Mended.")
    await house.passes(5)
    run = await house.run()
    assert run.state is Run.PARKED
    return run


async def says(people, state, *, sha=None, name="unit", words=""):
    """Have CI report on the head of the newest run."""
    run = await people.house.run()
    path = f"POST /statuses/{sha or run.head}"
    await people.did("ann", path, state=state, context=name, description=words)
    await people.house.passes(2 * SPACING)
    return await people.house.run()


async def about(house):
    run = await house.run()
    async with house.store.read() as rows:
        waits = (await story.waiting(rows, [run.id])).get(run.id, [])
    return {wait.reason: wait.about for wait in waits}


async def test_green_ends_the_run_and_the_pull_request_shows_it(house, people, waiting):
    assert await about(house) == {CI: waiting.head}
    assert "waiting for CI" in (await house.comments())[0]
    run = await says(people, "success")
    await house.passes(120, step=15)
    run = await house.run()
    assert (run.state, run.conclusion, run.words) == (
        Run.FINISHED,
        Conclusion.SUCCESS,
        "CI is green.",
    )
    pull = await people.did("ann", f"GET /pulls/{run.own_pull}")
    assert "✅ green" in pull["body"]
    assert "unit" in pull["body"]


async def test_red_wakes_the_run_with_what_failed(house, people, waiting):
    await says(people, "failure", words="2 tests failed")
    await house.passes(120, step=15)
    run = await house.run()
    assert (run.state, run.handoffs) == (Run.RUNNING, 1)
    plan = house.runner.latest.plan
    assert (plan.own, plan.base) == (True, waiting.head)
    (message,) = plan.messages
    assert message.kind == "ci"
    assert "2 tests failed" in message.text
    assert "going on (1 of 2)" in (await house.comments())[0]
