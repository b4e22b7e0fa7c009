"""An agent has an image built by its name, and is told what was built: all of it real."""

import re
import shutil

import pytest

from bot.images.bases import Bases
from bot.images.images import Images
from bot.images.registry import open_registry
from bot.images.store import Store
from bot.model.clock import Clock
from bot.model.registries import read_registries
from bot.model.validations import Definition
from tests.images.built import image, served
from tests.validating.conftest import FIRST
from tests.validating.rooted import make_root, packed
from tests.validating.whole import in_folder

UIDS = (FIRST + 50, FIRST + 99)

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(shutil.which("buildah") is None, reason="buildah is not installed"),
]


@pytest.fixture
async def base(tmp_path):
    """An image by its digest, and what lends it."""
    async with served() as registry:
        name = registry.has(image(packed(make_root(tmp_path / "root"))))
        async with open_registry(read_registries([f"http://{registry.place}"]), {}) as client:
            yield name, Bases(Images(Store(tmp_path / "images", Clock(lambda: 1000.0)), client))


async def test_an_agent_mends_a_dockerfile_until_its_image_is_built(tmp_path, base):
    name, lender = base
    place = name.partition("@")[0]
    built = Definition(name="image", run="buildah bud -t app .", kind="builder", bases=(place,))
    script = (
        "greenroom validate image; echo status $?;"
        f"echo 'FROM {name}\nRUN touch /x' > Dockerfile;"
        "greenroom validate image; echo status $?; unshare -r true"
    )
    async with in_folder(tmp_path, UIDS, built, lender=lender) as made:
        log = await made.ends(script, {"Dockerfile": f"FROM {place}:latest\n"})
    first, second, last = log.split("status ")
    assert "image: failed" in first
    assert f"has no digest: write `{place}@sha256:DIGEST`." in first
    assert re.search(r"Built `localhost/app:latest` as `sha256:[0-9a-f]{64}`, [0-9.]+ MB", second)
    assert "unshare failed: Operation not permitted" in last
