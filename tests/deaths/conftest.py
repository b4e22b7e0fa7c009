import pytest
import pytest_asyncio

from tests.deaths.ground import ground


@pytest.fixture(scope="module")
def tell(pytestconfig):
    """Print a line of progress at once."""
    terminal = pytestconfig.pluginmanager.getplugin("terminalreporter")
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def write(words: str) -> None:
        with capture.global_and_fixture_disabled():
            terminal.write_line(words)

    return write


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def battlefield(tmp_path_factory, tell):
    """One world for all deaths of a file; each has a repository of its own."""
    async with ground(tmp_path_factory.mktemp("deaths"), tell) as made:
        yield made
