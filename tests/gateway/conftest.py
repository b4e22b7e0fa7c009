"""A gateway on a real socket over a real database, and jobs that may call it."""

import pytest
from pydantic import SecretStr

from bot.store.schema import metadata
from bot.workspace.mirror import Mirrors
from bot.workspace.quarantine import Quarantines
from tests.gateway.stand import Client, Stand, relay
from tests.migrated import opened


@pytest.fixture
async def stand(tmp_path):
    """The data folder; no gateway runs yet."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    store = opened(SecretStr(f"sqlite+aiosqlite:///{home}/greenroom.db"))
    async with store.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    mirrors, quarantines = Mirrors(home / "mirrors"), Quarantines(home / "quarantine")
    yield Stand(home=home, store=store, mirrors=mirrors, quarantines=quarantines)
    await store.close()


@pytest.fixture
async def open_stand(stand):
    """The data folder with a gateway up."""
    async with stand.gateway():
        yield stand


@pytest.fixture
async def job(open_stand):
    """A live job, which may ask for one pull request and two comments."""
    return await open_stand.live(pull_request=1, comment=2)


@pytest.fixture
async def client_of(open_stand):
    """Make a git client with the token of a job."""
    async with relay(open_stand.socket) as url:
        yield lambda job: Client(url, job.run_token)
