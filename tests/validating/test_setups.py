"""A setup in a job of its own, and what stands on it: an agent, and validations."""

import pytest
from pydantic import SecretStr

from bot.model.validations import Definition, Setup
from bot.store.schema import metadata
from bot.workspace.mirror import Mirrors
from bot.workspace.quarantine import Quarantines
from tests.gateway.stand import Stand
from tests.migrated import opened
from tests.validating.conftest import FIRST
from tests.validating.whole import whole

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
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    store = opened(SecretStr(f"sqlite+aiosqlite:///{home}/greenroom.db"))
    async with store.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    mirrors, quarantines = Mirrors(home / "mirrors"), Quarantines(home / "quarantine")
    stand = Stand(home=home, store=store, mirrors=mirrors, quarantines=quarantines)
    async with whole(stand, UIDS, UNIT) as made:
        made.setup = SETUP
        yield made
    await store.close()


async def test_an_agent_and_its_validations_stand_on_what_a_setup_has_added(place):
    log = await place.ends(
        "tools/tool; cat ~/kept src/made src/a.sh; git status --short; echo new > new;"
        "greenroom validate unit",
        FILES,
    )
    agents, validations = log.split("unit: ")[0].split("echo a\n")[:2]
    assert agents == "made of one\nkept\nx\n"
    assert validations.endswith("made of one\nkept\nx\n")
