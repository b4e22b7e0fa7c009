"""Runs that wait: nothing of them runs meanwhile, and what they wait for wakes them."""

import pytest

from tests.stories.killing import at_work, held, kill_agent, kill_harness
from tests.stories.remains import left_over
from tests.stories.sums import TIDY, UNTIDY_PATCH, sums
from tests.stories.waits import AGENT, LABEL, project

TWO_DAYS = 2 * 86_400.0

TOLD = [
    "CI failed: `ci / test`; going on (1 of 5)",
    "The agent was killed; starting it again",
    "The runner was lost; starting again",
    "CI is green.",
    "` to `greenroom/",
    "maintainer approved it.",
]
"""What one comment says of it all, beside the rest."""

REFUSED = {
    ".github/agents/mend.md": AGENT,
    "mend.sh": """\
#!/bin/sh
# Writes what GitHub keeps out, until it is told so.
set -e
cp "$GREENROOM_BRIEF" /tmp/brief
echo hunter2 > password.txt
if grep -q "GitHub has refused what you made" /tmp/brief; then
    grep -q "GitHub refused it: " /tmp/brief
    echo ask your admin > password.txt
fi
git add --intent-to-add password.txt
echo Added it. | greenroom output pull-request --title "Add" --body-file -
""",
}

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.full
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


@pytest.mark.full
async def test_an_issue_becomes_a_merged_pull_request_whoever_dies_on_the_way(town):
    """The agent's first try is untidy, its second is not what the reviewer wants."""
    asked = await sums(town, UNTIDY_PATCH, delay=60)
    await asked.label(label="agent:fix")
    await asked.parked("ci", "review")
    assert await left_over(town.home, town.uids) == []
    await town.kill("work")
    await asked.ci_is_done()
    async with held(town):
        await town.start("work")
        await at_work(town)
        kill_agent(town, "playbook")
        await asked.has_jobs(3)
        await at_work(town)
        kill_harness(town)
        await asked.has_jobs(4)
        await at_work(town)
    await asked.parked("review")
    pull = await asked.pull()
    await asked.review(pull, "request_changes", suggestion="    return a + b")
    await asked.has_jobs(5)
    await asked.parked("review")
    assert await asked.text("sums.py", pull) == TIDY
    (thread,) = await asked.threads(pull)
    assert "Taken up in" in thread[-1]
    await asked.review(pull, "approve")
    await asked.settled()
    assert asked.run() == ("finished", "none", "success", "maintainer approved it.")
    await asked.merge(pull)
    assert await asked.branches() == ["main"]
    assert await asked.labels() == []
    assert await left_over(town.home, town.uids) == []
    assert asked.jobs() == 5
    (comment,) = await asked.comments()
    assert [line for line in TOLD if line not in comment["body"]] == []
    assert len(asked.sessions()) == 1


@pytest.mark.full
async def test_a_question_that_is_answered_two_days_later_is_gone_on_with(town):
    asked = await sums(town, "It should be tidier.", text="def add(a,b):\n    return a + b\n")
    await asked.says("/gr fix Make it beautiful")
    await asked.parked("answer")
    question = (await asked.comments())[-1]
    assert "@maintainer, **fix** asks:" in question["body"]
    town.move(TWO_DAYS)
    await town.control("DELETE /requests")
    await asked.quiet()
    assert asked.waits() == ["answer"]
    await asked.says("Format and lint")
    await asked.parked("review")
    pull = await asked.pull()
    assert await asked.text("sums.py", pull) == TIDY
    await asked.review(pull, "approve")
    await asked.settled()
    assert asked.run() == ("finished", "none", "success", "maintainer approved it.")
    assert asked.jobs() == 2
    assert len(asked.sessions()) == 1


@pytest.mark.full
async def test_a_push_that_github_refuses_wakes_the_run_with_its_words(town):
    asked = await project(town, REFUSED, command=["true"])
    rules = {"branches": ["*", "greenroom/*"], "secrets": ["hunter2"]}
    await town.control(f"PUT /repositories/{asked.repo}/rules", **rules)
    await asked.label(label=LABEL)
    await asked.settled()
    assert asked.run() == ("finished", "none", "success", "CI is green.")
    assert asked.jobs() == 2
    (comment,) = await asked.comments()
    assert "GitHub refused it:" in comment["body"]
    (pull,) = await asked.pulls()
    assert await asked.text("password.txt", pull) == "ask your admin\n"
