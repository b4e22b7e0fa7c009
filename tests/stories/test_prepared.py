"""A repository with a setup, from a label to a pull request, by the processes as they are."""

import pytest
import pytest_asyncio

from bot.demo import tally
from tests.stories.mended import tallied

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.full]

CONFIG = """\
version: 1
setup: {run: "mkdir tools; cp test.sh tools/check; echo made >> lock", inputs: [test.sh]}
validations:
  unit: {run: "sh tools/check", report: results.tap, timeout: 1m}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mended(town):
    """An issue whose change breaks a test that only what was set up can run, after the run."""
    asked = await tallied(town, more={".github/greenroom.yml": CONFIG, "lock": "1\n"})
    await asked.label(label=tally.LABEL)
    await asked.settled()
    return asked


async def test_validations_of_an_agents_tree_stand_on_the_setup(mended):
    assert [row[:3] for row in mended.asked()] == [
        ("setup", "passed", None),
        ("unit", "failed", tally.BROKEN),
        ("unit", "passed", None),
    ]


async def test_its_comment_says_so_and_nothing_of_it_is_delivered(mended):
    (pull,) = await mended.pulls()
    changed = await mended.get(f"/pulls/{pull['number']}/files")
    assert [each["filename"] for each in changed] == ["tally.sh"]
    told = await mended.get(f"/issues/{mended.number}/comments")
    assert "Setting up the workspace" in told[0]["body"]
    assert "Set up in" in told[0]["body"]
