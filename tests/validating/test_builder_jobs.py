"""Images built by validations, without privilege: real buildah in real boxes."""

import json
import shutil

import pytest

from bot.model.runs import Limits
from tests.runners.conftest import gone

pytestmark = pytest.mark.skipif(shutil.which("buildah") is None, reason="buildah is not installed")

SCRATCH = "FROM scratch\nCOPY hello /hello\n"
BUILD = "buildah bud -t app ."


@pytest.fixture
def build(validation, launched, made):
    """Have a Dockerfile built; return how it was told to end, and what was printed."""

    async def run(dockerfile, run=BUILD, launch=None, **definition):
        work = made({"Dockerfile": dockerfile, "hello": "hello\n"})
        async with validation(run, work, kind="builder", **definition) as gateway:
            await launched(gateway, builds=True, **launch or {})
            return await gateway.verdict(), gateway.output

    return run


async def test_an_image_is_built_from_scratch(build):
    told, printed = await build(SCRATCH)
    assert (told["exit"], told["cause"]) == (0, "exited"), printed
    (image,) = json.loads(told["built"])
    assert image["names"] == ["localhost/app:latest"]
    assert image["digest"].startswith("sha256:")
