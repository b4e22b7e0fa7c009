from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.devhub.stage import Stage, furnish, raised


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A hub with acme/demo, its admin ann, and an app that is installed there."""
    async with raised(tmp_path) as stage:
        await furnish(stage)
        yield stage
