"""A validation with an image and servers, where the worker is no root, and in containers."""

import os

from bot.model.validations import Service
from tests.runners.test_ordinary_user import (  # noqa: F401 - fixtures
    SOMEBODY,
    open_home,
    podman,
    pytestmark,
    users_podman,
    working,
)
from tests.validating.conftest import made, stage, validation  # noqa: F401 - fixtures
from tests.validating.rooted import NAME, add_python, make_root
from tests.validating.test_validation_services import HEAR, SERVER

RUN = f"grep NAME /etc/os-release; id -u; cat src/a.py; touch /x; {HEAR} hear 80"


async def test_an_ordinary_user_has_images_and_servers_without_any_power(
    open_home,  # noqa: F811 - the fixture
    validation,  # noqa: F811 - the fixture
    podman,  # noqa: F811 - the fixture
):
    root = add_python(make_root(open_home.home / "image"))
    run = f"exec python3 -I -S -c '{SERVER.format(port=80)}'"
    db = Service(name="db", image=NAME, port=80, run=run, environment=(("WORD", "served"),))
    for path in (open_home.home / "image", *(open_home.home / "image").rglob("*")):
        os.chown(path, SOMEBODY, SOMEBODY, follow_symlinks=False)
    gateway = validation(RUN, image=NAME, kind="services", services=(db,))
    async with working(open_home, gateway, podman, "serve_as_user.py", root) as worker:
        said, _ = await worker.communicate()
        assert gateway.ended is not None, said.decode()
    assert gateway.ended["log"].splitlines() == [
        *("NAME=made-for-a-test", "1000", "x=2"),
        "touch: cannot touch '/x': Read-only file system",
        "served",
    ]
