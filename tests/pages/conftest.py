from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.pages.browsing import Town, town


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Town]:
    """A hub where something has happened."""
    async with town(tmp_path) as place:
        yield place
