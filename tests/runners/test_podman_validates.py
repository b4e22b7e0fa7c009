"""Validations in containers: the same jobs, with the image's programs."""

import shutil

import pytest

from bot.model.validations import Service
from bot.runners.base import Gone
from tests.runners.conftest import gone
from tests.runners.kinds import RUNC
from tests.validating.conftest import (  # noqa: F401 - fixtures
    launched,
    made,
    stage,
    validation,
)
from tests.validating.rooted import NAME, add_python, make_root
from tests.validating.test_validation_services import HEAR, SERVER

pytestmark = pytest.mark.full

SERVES = f"exec python3 -I -S -c '{SERVER.format(port=80)}'"
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


async def test_one_has_an_image_and_servers_in_its_container(
    validation,  # noqa: F811 - the fixture
    launched,  # noqa: F811 - the fixture
    tmp_path,
):
    root = add_python(make_root(tmp_path / "root"))
    db = Service(name="db", image=NAME, port=80, run=SERVES, environment=(("WORD", "served"),))
    run = f"grep NAME /etc/os-release; ls /usr/share/agent-image; {HEAR} hear 80"
    async with validation(run, image=NAME, kind="services", services=(db,)) as gateway:
        await launched(gateway, roots={NAME: root})
        told = await gateway.verdict()
    assert told["log"].splitlines() == [
        "NAME=made-for-a-test",
        "ls: cannot access '/usr/share/agent-image': No such file or directory",
        "served",
    ]


async def test_one_builds_an_image_in_its_container(
    validation,  # noqa: F811 - the fixture
    launched,  # noqa: F811 - the fixture
    made,  # noqa: F811 - the fixture
):
    if shutil.which("buildah") is None:
        pytest.skip("buildah is not installed")
    work = made({"Dockerfile": "FROM scratch\nCOPY README /a\n"})
    async with validation("buildah bud -t app .", work, kind="builder") as gateway:
        await launched(gateway, builds=True)
        told = await gateway.verdict()
    assert (told["exit"], told["cause"]) == (0, "exited"), gateway.output
    assert "localhost/app:latest" in told["built"]
