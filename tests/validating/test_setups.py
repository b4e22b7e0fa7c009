"""A setup in a job of its own, and what stands on it: an agent, and validations."""

import pytest

from bot.model.validations import Definition, Setup
from tests.validating.prepared import prepared

FILES = {"lock": "one\n", "src/a.sh": "echo a\n", ".gitignore": "*.log\n"}
SETUP = Setup(
    run="mkdir tools; (echo '#!/bin/sh'; echo echo made of $(cat lock)) > tools/tool; "
    "chmod +x tools/tool; echo x > src/made; echo changed > src/a.sh; rm .gitignore; "
    "touch -d 2001-01-01 src/made; echo kept > ~/kept",
    inputs=("lock",),
)
LOOK = "tools/tool; cat ~/kept src/made src/a.sh .gitignore; git status --short"
SEEN = "made of one\nkept\nx\necho a\n*.log\n"
UNIT = Definition(name="unit", run=LOOK)


@pytest.fixture
async def place(tmp_path):
    async with prepared(tmp_path, SETUP, UNIT) as made:
        yield made


async def test_an_agent_and_its_validations_stand_on_what_a_setup_has_added(place):
    log = await place.ends(f"{LOOK}; echo new > new; echo ---; greenroom validate unit", FILES)
    agents, validations = log.split("---\n")
    assert agents == SEEN
    assert validations.startswith(f"{SEEN}?? new\nunit: passed")


async def test_what_they_change_of_it_is_their_own(place):
    script = "echo mine > tools/tool; rm src/made; rm ~/kept; git status --short; ls src"
    assert await place.ends(script, FILES) == "a.sh\n"
    assert await place.ends(LOOK, FILES) == SEEN


async def test_nothing_of_it_is_in_what_an_agent_hands_in(place):
    script = "echo mine >> tools/tool; echo mine > src/made; echo new > src/new; echo b > src/a.sh"
    await place.ends(f"{script}; greenroom validate unit", FILES)
    assert await place.handed_in() == {"src/a.sh", "src/new"}


async def test_a_tree_with_other_inputs_has_a_setup_of_its_own(place):
    log = await place.ends("echo two > lock; greenroom validate unit; tools/tool", FILES)
    assert log.startswith("made of two\nkept\nx\necho a\n")
    assert log.endswith("made of one\n")


async def test_files_keep_the_time_that_they_were_written(place):
    laid = await place.prepares(FILES)
    assert (laid.layers[0] / "src/made").stat().st_mtime < 1_000_000_000
    assert (laid.layers[0] / "tools/tool").stat().st_mode & 0o777 == 0o755


async def test_without_it_a_validation_has_no_verdict_and_an_agent_works_all_the_same(place):
    place.setup = Setup(run="echo no such wheel; exit 3")
    log = await place.ends("ls; greenroom validate unit; echo status $?", FILES)
    assert log.startswith("lock\nsrc\n")
    assert "Setup did not pass." in log
    assert log.endswith("status 1\n")
