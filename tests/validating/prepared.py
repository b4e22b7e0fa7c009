"""A stand with a setup, for tests of what comes of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from bot.model.validations import Definition, Setup
from bot.store.schema import metadata
from bot.workspace.mirror import Mirrors
from bot.workspace.quarantine import Quarantines
from tests.gateway.stand import Stand
from tests.migrated import opened
from tests.validating.conftest import FIRST
from tests.validating.whole import Whole, whole

UIDS = (FIRST + 50, FIRST + 99)


@asynccontextmanager
async def prepared(tmp_path: Path, setup: Setup, *definitions: Definition) -> AsyncIterator[Whole]:
    """Open a whole inner loop whose runs have a setup."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    store = opened(SecretStr(f"sqlite+aiosqlite:///{home}/greenroom.db"))
    async with store.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    mirrors, quarantines = Mirrors(home / "mirrors"), Quarantines(home / "quarantine")
    stand = Stand(home=home, store=store, mirrors=mirrors, quarantines=quarantines)
    async with whole(stand, UIDS, *definitions) as made:
        made.setup = setup
        yield made
    await store.close()
