import pytest_asyncio

from tests.stories.world import world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory):
    """One world for all stories of a file; each story has a repository of its own."""
    root = tmp_path_factory.mktemp("town")
    async with world(root, "web", "work", "gateway") as made:
        yield made
