"""Images built where the worker is an ordinary user, in a container too."""

import json
import shutil

import pytest

from tests.runners.test_ordinary_user import (  # noqa: F401 - fixtures
    open_home,
    podman,
    users_podman,
    working,
)
from tests.runners.test_ordinary_user import pytestmark as as_somebody
from tests.validating.conftest import made, stage, validation  # noqa: F401 - fixtures

pytestmark = [
    *as_somebody,
    pytest.mark.skipif(shutil.which("buildah") is None, reason="buildah is not installed"),
]

FILE = "FROM scratch\nCOPY a /a\n"


async def test_an_image_is_built_by_an_ordinary_users_job(
    open_home,  # noqa: F811 - the fixture
    validation,  # noqa: F811 - the fixture
    made,  # noqa: F811 - the fixture
    podman,  # noqa: F811 - the fixture
):
    work = made({"Dockerfile": FILE, "a": "a\n"})
    gateway = validation("buildah bud -t app . && echo $STORAGE_DRIVER", work, kind="builder")
    async with working(open_home, gateway, podman, "serve_as_user.py", open_home.home) as worker:
        said, _ = await worker.communicate()
        assert gateway.ended is not None, said.decode()
    assert gateway.ended["exit"] == 0, gateway.output
    assert json.loads(gateway.ended["built"])[0]["names"] == ["localhost/app:latest"]
    assert gateway.output.endswith("overlay\n")
    assert "job.not_removed" not in said.decode()
    assert list((open_home.home / "jobs").glob("v-*")) == []
