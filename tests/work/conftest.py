from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.work.house import House, built


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A worker over SQLite and the embedded GitHub, where ann may start agents."""
    async with built(tmp_path) as house:
        yield house
