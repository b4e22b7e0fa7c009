"""GitHub on a bad day: answers and deliveries that are lost, late or twice, and the same end."""

import pytest

from tests.published.recording import check_recording
from tests.stories.verdict import wrong_after_success

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.full]

A_ROUND = 61
"""Seconds between two looks for lost deliveries."""

COMMENT, PULL = "POST .*/comments", "POST .*/pulls"
OTHERS = [
    "POST .*/check-runs",
    "POST .*/reactions",
    "POST .*/access_tokens",
    "DELETE .*/labels/",
    "PATCH .*/check-runs/",
    "PATCH .*/comments/",
    "GET .*/permission",
]
ANY = [COMMENT, PULL, *(pytest.param(each, marks=pytest.mark.full) for each in OTHERS)]


@pytest.mark.parametrize("match", ANY)
async def test_an_answer_that_is_lost_after_the_deed_makes_nothing_twice(town, match):
    await town.tomorrow()
    asked = await town.issue()
    lost = {"bad_gateway_times": 1, "bad_gateway_match": match, "list_lag": 3}
    async with town.switched(**lost):
        await asked.label()
        await asked.settled()
    assert await wrong_after_success(asked) == []


@pytest.mark.parametrize("match", [pytest.param(COMMENT, marks=pytest.mark.full), PULL])
async def test_lists_that_lag_too_long_leave_no_twin_in_the_end(town, match):
    await town.tomorrow()
    asked = await town.issue()
    lost = {"bad_gateway_times": 1, "bad_gateway_match": match, "list_lag": 20}
    async with town.switched(**lost):
        await asked.label()
        await asked.settled()
    town.move(A_ROUND)
    await asked.healed()
    assert await wrong_after_success(asked) == []


@pytest.mark.full
@pytest.mark.parametrize("match", ANY)
async def test_a_secondary_limit_is_waited_for(town, match):
    await town.tomorrow()
    asked = await town.issue()
    limit = {"secondary_limit_times": 1, "secondary_limit_match": match, "retry_after": 40}
    async with town.switched(**limit) as left:
        await asked.label()
        await left("secondary_limit_times", 0)
        town.move(41)
        await asked.settled()
    assert await wrong_after_success(asked) == []


async def test_what_was_just_made_and_cannot_be_found_yet_is_waited_for(town):
    await town.tomorrow()
    asked = await town.issue()
    async with town.switched(missing_after_event=2):
        await asked.label()
        await asked.settled()
    assert await wrong_after_success(asked) == []


async def test_a_delivery_that_was_lost_is_fetched(town):
    await town.tomorrow()
    asked = await town.issue()
    async with town.switched(lose_times=1, lose_match="issues.labeled"):
        await asked.label()
        await asked.quiet()
    assert asked.run() is None
    town.move(A_ROUND)
    await asked.settled()
    assert await wrong_after_success(asked) == []


async def test_a_delivery_that_comes_again_acts_once(town):
    await town.tomorrow()
    asked = await town.done()
    async with town.app() as github:
        page = await github.hooks.deliveries(None)
        of_the_issue = [each for each in page.deliveries if each.event == "issues"][:3]
        for each in of_the_issue:  # opened, labeled and unlabeled
            await github.hooks.redeliver(each.id)
    await asked.quiet()
    assert await wrong_after_success(asked) == []


async def test_a_label_that_was_taken_off_before_its_event_came_starts_nothing(town):
    await town.tomorrow()
    asked = await town.issue()
    async with town.switched(late_times=1, late=120, late_match="issues.labeled"):
        await asked.label()
        await asked.unlabel()
        town.move(180)
        await asked.quiet()
    assert asked.run() is None
    assert await asked.comments() == []


async def test_what_was_said_on_bad_days_is_in_githubs_description(town):
    assert check_recording(town.recording) == []
