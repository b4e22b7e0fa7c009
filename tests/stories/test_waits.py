"""Runs that wait: nothing of them runs meanwhile, and what they wait for wakes them."""

import pytest

from tests.stories.remains import left_over
from tests.stories.waits import LABEL, project

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_red_ci_is_mended_in_another_job_whoever_dies_in_between(town):
    asked = await project(town, delay=60)
    await asked.label(label=LABEL)
    await asked.parked("ci")
    assert await left_over(town.home, town.uids) == []
    assert asked.jobs() == 1
    await town.kill("work")
    await asked.ci_is_done()
    await town.start("work")
    await asked.settled(within=90)
    assert asked.run() == ("finished", "none", "success", "CI is green.")
    assert asked.jobs() == 2
    (comment,) = await asked.comments()
    assert "CI failed: `ci / test`; going on (1 of 5)" in comment["body"]
    (pull,) = await asked.pulls()
    assert pull["body"].count("✅ green") == 1
    assert await asked.labels() == []


@pytest.mark.full
async def test_ci_whose_events_are_lost_is_seen_within_minutes(town):
    asked = await project(town)
    async with town.switched(lose_times=99, lose_match="check"):
        await asked.label(label=LABEL)
        await asked.settled(within=120)
    assert asked.run() == ("finished", "none", "success", "CI is green.")
    assert asked.jobs() == 2
