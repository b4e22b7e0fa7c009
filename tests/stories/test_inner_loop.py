"""The inner loop: an agent breaks a test, is told which, mends it, and evidence comes with it."""

import pytest
import pytest_asyncio

from bot.demo import tally
from tests.runners.outside import outside, shut, tell_job
from tests.stories.mended import tallied
from tests.stories.project import CONFIGURED
from tests.stories.world import PACE

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORDS = "/gr fix apply the suggestion, and format the code"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mended(town):
    """An issue that was mended by an agent which has also tried to get out of its box."""
    town.pace = 1.0  # the janitor is to leave the job's folder for a while
    asked = await tallied(town, more={**CONFIGURED, "ESCAPE": "its formatter tries to get out\n"})
    await asked.says(asked.number, WORDS)
    job = await asked.agents_job()
    with outside(town.home) as there:
        tell_job(job.root, there)
        await asked.settled()
    yield asked, (job.root / "home" / "escaped").read_text()
    town.pace = PACE


async def test_a_test_that_was_broken_is_told_of_by_name_and_mended(mended):
    asked, _ = mended
    assert asked.run()[:3] == ("finished", "none", "success")
    assert [row[:3] for row in asked.asked()] == [
        ("unit", "failed", tally.BROKEN),
        ("unit", "passed", None),
    ]
    (pull,) = await asked.pulls()
    assert pull["title"] == "Apply 2 suggested changes by maintainer"
    assert "${number:-0}" in await asked.text("tally.sh", pull)


async def test_the_check_run_shows_the_evidence_for_exactly_the_tree_of_the_head(mended):
    asked, _ = mended
    (pull,) = await asked.pulls()
    (check,) = await asked.checks(pull["head"]["sha"])
    tree = await asked.tree(pull["head"]["sha"])
    assert tree == asked.asked()[-1][-1]
    summary = check["output"]["summary"]
    assert f"| `unit` | ❌ failed, 3 tests ran | 0 s | `{tally.BROKEN}` |" in summary
    assert f"`{tree[:12]}`, run away from the agent: `unit` ✅ passed, 3 tests ran." in summary


async def test_what_was_validated_is_known_of_the_head_without_being_run_again(mended):
    asked, _ = mended
    (pull,) = await asked.pulls()
    await asked.says(pull["number"], "/gr validate")
    await asked.quiet()
    checks = {each["name"]: each for each in await asked.checks(pull["head"]["sha"])}
    title = checks["greenroom / validate unit"]["output"]["title"]
    assert title.startswith("✅ passed, 3 tests ran, known from before")


async def test_the_agents_box_had_no_way_out_and_no_power(mended):
    _, found = mended
    shut(found)
