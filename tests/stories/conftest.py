import pytest_asyncio

from bot.demo.hub import Hub
from tests.postgres import postgres_url
from tests.stories.world import world

__all__ = ["postgres_url"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory):
    """One world for all stories of a file; each story has a repository of its own."""
    root = tmp_path_factory.mktemp("town")
    async with world(root, "web", "work", "gateway") as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def done(town):
    """An issue that was tidied with nothing in the way."""
    return await town.done()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def visitor(town):
    """Somebody who may put labels on, and may not write."""
    made = await town.control("POST /users", login="visitor")
    async with Hub(town.url, made["token"]) as hub:
        yield hub
