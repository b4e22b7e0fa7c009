"""Images built by validations, without privilege: real buildah in real boxes."""

import json
import shutil
from dataclasses import dataclass

import pytest

from bot.gateway.bases import Bases
from bot.images.bases import Bases as Lender
from bot.images.images import Images
from bot.images.registry import open_registry
from bot.images.store import Store
from bot.model.clock import Clock
from bot.model.registries import read_registries
from bot.rules.images import reference
from tests.images.built import image, served
from tests.validating.rooted import make_root, packed
from tests.validating.validation_gateway import ScriptedGateway

pytestmark = pytest.mark.skipif(shutil.which("buildah") is None, reason="buildah is not installed")

SCRATCH = "FROM scratch\nCOPY hello /hello\n"
BUILD = "buildah bud -t app ."


@dataclass
class Lent:
    """Lends base images to any job."""

    lender: Lender
    gateway: ScriptedGateway

    async def manifest(self, token, number, digest):
        return await self.lender.manifest(self._named(token, number, digest))

    async def blob(self, token, number, digest):
        return await self.lender.blob(self._named(token, number, digest))

    def _named(self, token, number, digest):
        assert token.get_secret_value().startswith("validation-canary")
        return reference(f"{self.gateway.plan.definition.bases[number]}@{digest}")


@pytest.fixture
async def registry():
    async with served() as found:
        yield found


@pytest.fixture
def base(tmp_path, registry):
    """Put an image with this host's programs into a registry; return its name by digest."""
    root = make_root(tmp_path / "root", "chown", "du", "python3", "su", "tr")
    return registry.has(image(packed(root)).under_index())


@pytest.fixture
def build(tmp_path, registry, validation, launched, made):
    """Have a Dockerfile built; return how it was told to end, and what was printed."""

    async def run(dockerfile, run=BUILD, files=None, **definition):
        work = made({"Dockerfile": dockerfile, "hello": "hello\n", **(files or {})})
        gateway = validation(run, work, kind="builder", **definition)
        known = read_registries([f"http://{registry.place}"])
        async with open_registry(known, {}) as client:
            images = Images(Store(tmp_path / "images", Clock(lambda: 1000.0)), client)
            gateway.routes = Bases(Lent(Lender(images), gateway)).routes()
            async with gateway:
                await launched(gateway, builds=True)
                return await gateway.verdict(), gateway.output

    return run


def place(name):
    return name.partition("@")[0]


async def test_an_image_is_built_from_scratch(build):
    told, printed = await build(SCRATCH)
    assert (told["exit"], told["cause"]) == (0, "exited"), printed
    (found,) = json.loads(told["built"])
    assert found["names"] == ["localhost/app:latest"]
    assert found["digest"].startswith("sha256:")


async def test_an_image_is_built_from_a_base_by_its_digest(build, base):
    file = f"FROM {base}\nRUN echo made > /made && chown 33:33 /made; id -u; cat /made\nUSER 12\n"
    told, printed = await build(file + "RUN cat /made\n", bases=[place(base)])
    assert (told["exit"], told["cause"]) == (0, "exited"), printed
    assert printed.count("\nmade\n") == 2
    assert "localhost/app:latest" in told["built"]
