"""Validations in containers: the same jobs, with the image's programs."""

import pytest

from bot.runners.base import Gone
from tests.runners.conftest import gone
from tests.runners.kinds import RUNC
from tests.validating.conftest import (  # noqa: F401 - fixtures
    launched,
    made,
    stage,
    validation,
)

pytestmark = pytest.mark.full

LOOK = "cat src/a.py new /usr/share/agent-image; echo x > b; ls /run/greenroom; exit 3"


@pytest.fixture
def kind():
    """Here it is podman alone."""
    return RUNC


async def test_one_runs_over_its_tree_with_no_door_and_leaves_nothing(
    stage,  # noqa: F811 - the fixture
    runner,
    validation,  # noqa: F811 - the fixture
    launched,  # noqa: F811 - the fixture
):
    async with validation(LOOK) as gateway:
        await launched(gateway)
        told = await gateway.verdict()
        assert await gone(runner, gateway.plan.job) == Gone(exit=0)
    assert gateway.output.splitlines()[:3] == ["x=2", "new", "made for a test"]
    assert "cannot access '/run/greenroom'" in gateway.output
    assert (told["exit"], told["cause"]) == (3, "exited")
    assert not (stage.tree / "b").exists()
