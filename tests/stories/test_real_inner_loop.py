"""A real agent in the inner loop, with a script for its model: it breaks a test and mends it."""

import pytest
import pytest_asyncio

from bot.demo import tally
from bot.demo.inner import cannot_build
from tests.stories.mended import Mended
from tests.stories.realagents import real_world

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.full]

FILE = "/workspace/tally.sh"
BREAKS = {"path": FILE, "old": "    total=", "new": "    number=${number#0}\n    total="}
MENDS = {"path": FILE, "old": "+ $number", "new": "+ ${number:-0}"}
OPENS = "echo Adds. | greenroom output pull-request --title 'Take 08' --body-file -"

BUILDS = not cannot_build()

STORY = [
    {"do": [{"read": FILE}]},
    {"do": [{"edit": BREAKS}]},
    {"do": [{"use": {"tool": "validate", "with": {"name": "unit"}}}]},
    {"do": [{"edit": MENDS}]},
    {"do": [{"run": "greenroom validate unit"}]},
    *([{"do": [{"run": "greenroom validate image"}]}] if BUILDS else []),
    {"do": [{"run": OPENS}]},
    {"say": "Handed in."},
]
ASKS, HEARS = 2, 3
"""Turns in which it asks by the tool, and hears of it."""


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["opencode", "gemini"])
async def real(request, tmp_path_factory):
    async with real_world(tmp_path_factory.mktemp(request.param), request.param) as made:
        yield made


async def test_it_is_told_which_test_it_has_broken_and_hands_in_evidence(real):
    real.model.play({"turns": STORY})
    opened = await real.town.issue(tally.files(builds=BUILDS), title=tally.TITLE)
    asked = Mended(real.town, opened.repo, opened.number)
    await asked.label(label=tally.LABEL)
    await asked.settled(within=120)
    assert [row[:3] for row in asked.asked()] == [
        ("unit", "failed", tally.BROKEN),
        ("unit", "passed", None),
        *([("image", "passed", None)] if BUILDS else []),
    ]
    heard = {each.answered: tally.BROKEN in each.body for each in real.model.came}
    assert (heard[ASKS], heard[HEARS]) == (False, True)
    (pull,) = await asked.pulls()
    (check,) = await asked.checks(pull["head"]["sha"])
    tree = await asked.tree(pull["head"]["sha"])
    assert f"`{tree[:12]}`, run away from the agent: `unit` ✅" in check["output"]["summary"]
