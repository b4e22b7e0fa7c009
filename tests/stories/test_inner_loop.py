"""The inner loop: an agent breaks a test, is told which, mends it, and evidence comes with it."""

import re

import pytest
import pytest_asyncio

from bot.demo import tally
from bot.demo.inner import cannot_build
from tests.runners.outside import outside, shut, tell_job
from tests.stories.mended import tallied
from tests.stories.project import CONFIGURED
from tests.stories.world import PACE

pytestmark = pytest.mark.asyncio(loop_scope="module")

LACK = cannot_build()
"""Why no image can be built here."""

WORDS = "/gr fix apply the suggestion, and format the code"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mended(town):
    """An issue whose change breaks a test, after the run."""
    asked = await tallied(town, builds=not LACK)
    await asked.label(label=tally.LABEL)
    await asked.settled()
    return asked


async def test_a_test_that_was_broken_is_told_of_by_name_and_mended(mended):
    assert mended.run()[:3] == ("finished", "none", "success")
    assert [row[:3] for row in mended.asked()][:2] == [
        ("unit", "failed", tally.BROKEN),
        ("unit", "passed", None),
    ]
    (pull,) = await mended.pulls()
    assert pull["title"] == "Apply 2 suggested changes by maintainer"
    assert "${number:-0}" in await mended.text("tally.sh", pull)


async def test_the_check_run_shows_the_evidence_for_exactly_the_tree_of_the_head(mended):
    (pull,) = await mended.pulls()
    (check,) = await mended.checks(pull["head"]["sha"])
    tree = await mended.tree(pull["head"]["sha"])
    assert tree == mended.asked()[-1][-1]
    summary = check["output"]["summary"]
    assert re.search(
        rf"\| `unit` \| ❌ failed, 3 tests ran \| [\d.]+ s \| `{tally.BROKEN}` \|", summary
    )
    assert f"`{tree[:12]}`, run away from the agent: `unit` ✅ passed, 3 tests ran" in summary


@pytest.mark.skipif(bool(LACK), reason=LACK)
async def test_an_image_is_built_without_privilege_and_is_evidence_too(mended):
    assert mended.asked()[2:] == [("image", "passed", None, mended.asked()[1][-1])]
    (pull,) = await mended.pulls()
    (check,) = await mended.checks(pull["head"]["sha"])
    summary = check["output"]["summary"]
    assert re.search(r"\| `image` \| ✅ passed \|.*tally:latest as sha256:[0-9a-f]{12}, ", summary)
    assert summary.endswith("`unit` ✅ passed, 3 tests ran; `image` ✅ passed.")


async def test_what_was_validated_is_known_of_the_head_without_being_run_again(mended):
    (pull,) = await mended.pulls()
    await mended.says(pull["number"], "/gr validate")
    title = await mended.verdict("unit", pull["head"]["sha"])
    assert title.startswith("✅ passed, 3 tests ran, known from before")


@pytest.mark.full
async def test_while_it_can_ask_for_validations_no_way_out_of_its_box_is_open(town):
    town.pace = 1.0  # the janitor is to leave the job's folder for a while
    tries = {**CONFIGURED, "ESCAPE": "its formatter tries to get out\n"}
    asked = await tallied(town, more=tries)
    await asked.says(asked.number, WORDS)
    job = await asked.agents_job()
    with outside(town.home) as there:
        tell_job(job.root, there)
        await asked.settled()
    town.pace = PACE
    assert [row[1] for row in asked.asked()] == ["failed", "passed"]
    shut((job.root / "home" / "escaped").read_text())
