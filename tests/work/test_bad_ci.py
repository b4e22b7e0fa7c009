"""CI and GitHub as they should not be: whatever they do, a run that waits comes to an end."""

from dataclasses import replace

import pytest

from bot.model.runs import Conclusion, Terms
from bot.rules.lifecycle import Run
from bot.rules.rounds import LASTS
from bot.rules.waiting import CI
from bot.store import story
from bot.work.ciwatch import SPACING
from tests.work.conversations import FIXER, People

EVENTS = ["issues", "issue_comment", "pull_request", "check_run", "check_suite", "status", "push"]
PATIENT = Terms(agent=replace(FIXER, waits=("ci",)), command="fix", handoffs=2)
REVIEWED = Terms(
    agent=replace(FIXER, waits=("review",)), command="fix", parked=int(3 * LASTS) + 3600
)


@pytest.fixture
async def people(house):
    made = await People.around(house)
    await house.hub.control("PATCH /apps/greenroom", events=EVENTS)
    await house.hub.control(f"PUT /installations/{house.hub.installation}/permissions")
    await house.settles()
    return made


async def parked(people, terms=PATIENT):
    """Bring a run so far that its pull request is open and it waits."""
    number = await people.issue("ann")
    await people.begins(number, terms=terms)
    await people.hands_in("pull_request", title="Mend it", body="Mended.")
    await people.house.passes(5)
    run = await people.house.run()
    assert run.state is Run.PARKED
    return run


@pytest.fixture
async def waiting(people):
    return await parked(people)


async def reports(people, sha, state, name="unit"):
    await people.did("ann", f"POST /statuses/{sha}", state=state, context=name)
    await people.house.passes(2 * SPACING)


async def after(house, seconds, step=15.0):
    await house.passes(seconds, step=step)
    return await house.run()


async def awaits(house):
    run = await house.run()
    async with house.store.read() as rows:
        waits = (await story.waiting(rows, [run.id])).get(run.id, [])
    return {wait.reason: wait.about for wait in waits}


async def test_events_in_the_wrong_order_and_repeated_count_as_what_is_true(
    house, people, waiting
):
    await reports(people, waiting.head, "success")
    hooks = house.hub.github.hooks
    told = (await hooks.deliveries()).deliveries
    for each in [each for each in told if each.event == "status"] * 2:
        await hooks.redeliver(each.id)
    run = await after(house, 120)
    assert (run.conclusion, run.handoffs) == (Conclusion.SUCCESS, 0)


async def test_a_check_that_is_renamed_while_it_is_waited_for_is_not_missed(
    house, people, waiting
):
    await reports(people, waiting.head, "pending", "unit / old")
    await reports(people, waiting.head, "success", "unit / new")
    await reports(people, waiting.head, "failure", "unit / old")
    await house.passes(90, step=15)
    (message,) = house.runner.latest.plan.messages
    assert "unit / old" in message.text


@pytest.mark.full
async def test_what_is_left_pending_under_an_old_name_ends_in_hours(house, people, waiting):
    await reports(people, waiting.head, "pending", "unit / old")
    await reports(people, waiting.head, "success", "unit / new")
    run = await after(house, 7 * 3600, step=300)
    assert (run.conclusion, "unit / old" in run.words) == (Conclusion.SUCCESS, True)


async def test_a_force_push_moves_the_wait_to_what_is_there_now(house, people, waiting):
    tree = (await people.did("ann", f"GET /git/commits/{waiting.head}"))["tree"]["sha"]
    main = await people.tip("main")
    hers = {"message": "Hers instead", "tree": tree, "parents": [main]}
    sha = (await people.did("ann", "POST /git/commits", **hers))["sha"]
    path = f"PATCH /git/refs/heads/{waiting.head_branch}"
    await people.did("ann", path, sha=sha, force=True)
    await house.passes(2 * SPACING)
    assert await awaits(house) == {CI: sha}
    await reports(people, sha, "success")
    assert (await after(house, 120)).conclusion is Conclusion.SUCCESS


async def test_a_run_that_waits_in_a_repository_that_was_taken_from_us_ends(house, waiting):
    await house.hub.control("PATCH /switches", lose_times=9, lose_match="installation")
    path = f"PUT /installations/{house.hub.installation}/repositories"
    await house.hub.control(path, repositories=[])
    run = await after(house, 330)
    assert (run.id, run.state, run.conclusion) == (waiting.id, Run.FINISHED, Conclusion.FAILURE)


async def test_no_check_run_of_a_run_that_waits_for_long_goes_stale(house, people):
    run = await parked(people, REVIEWED)
    for _ in range(2):
        await house.passes(LASTS + 60, step=LASTS / 2)
        await house.passes(5)
    checks = await people.did("ann", f"GET /commits/{run.head}/check-runs?filter=all")
    found = sorted(checks["check_runs"], key=lambda each: each["id"])
    assert [each["conclusion"] for each in found] == ["neutral", "neutral", None]
    assert [each["output"]["title"] for each in found][:2] == ["Still waiting"] * 2
    assert (await house.run()).state is Run.PARKED


async def test_a_check_run_that_asks_for_an_answer_stays_as_it_is(house, people):
    number = await people.issue("ann")
    asks = Terms(agent=FIXER, command="fix", parked=int(2 * LASTS))
    await people.begins(number, terms=asks)
    await people.hands_in("question", text="Which?", choices=[])
    await house.passes(5)
    run = await after(house, LASTS + 60, step=LASTS / 2)
    assert (run.state, run.round) == (Run.PARKED, 0)
