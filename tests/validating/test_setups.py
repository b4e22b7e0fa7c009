"""A setup in a job of its own, and what stands on it: an agent, and validations."""

import pytest

from bot.model.validations import Definition, Setup
from tests.validating.conftest import FIRST
from tests.validating.whole import in_folder

UIDS = (FIRST + 50, FIRST + 99)
FILES = {"lock": "one\n", "src/a.sh": "echo a\n", ".gitignore": "*.log\n"}
SETUP = Setup(
    run="mkdir tools; (echo '#!/bin/sh'; echo echo made of $(cat lock)) > tools/tool; "
    "chmod +x tools/tool; echo x > src/made; echo changed > src/a.sh; echo kept > ~/kept",
    inputs=("lock",),
)
UNIT = Definition(name="unit", run="tools/tool; cat ~/kept src/made src/a.sh; git status --short")


@pytest.fixture
async def place(tmp_path):
    async with in_folder(tmp_path, UIDS, UNIT) as made:
        made.setup = SETUP
        yield made


async def test_an_agent_and_its_validations_stand_on_what_a_setup_has_added(place):
    log = await place.ends(
        "tools/tool; cat ~/kept src/made src/a.sh; git status --short; echo new > new;"
        "greenroom validate unit",
        FILES,
    )
    agents, validations = log.split("unit: ")[0].split("echo a\n")[:2]
    assert agents == "made of one\nkept\nx\n"
    assert validations.endswith("made of one\nkept\nx\n")
