"""Images built by validations, without privilege: real buildah in real boxes."""

import json
import re
import shutil
from dataclasses import dataclass

import pytest

from bot.gateway.bases import Bases
from bot.harness.building import NO_BUILDER
from bot.images.bases import Bases as Lender
from bot.images.images import Images
from bot.images.registry import open_registry
from bot.images.store import Store
from bot.model.clock import Clock
from bot.model.limits import Limits
from bot.model.registries import read_registries
from bot.rules.images import reference
from tests.images.built import image, served
from tests.validating.rooted import NAME, make_root, packed
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


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """An image with this host's programs."""
    root = make_root(tmp_path_factory.mktemp("base") / "root", "bash", "chown")
    return image(packed(root)).under_index()


@pytest.fixture
def base(registry, programs):
    """Put that into a registry; return its name by digest."""
    return registry.has(programs)


@pytest.fixture
def build(tmp_path, registry, validation, launched, made):
    """Have a Dockerfile built; return how it was told to end, and what was printed."""

    async def run(dockerfile, run=BUILD, roots=None, **definition):
        work = made({"Dockerfile": dockerfile, "hello": "hello\n"})
        gateway = validation(run, work, kind="builder", **definition)
        known = read_registries([f"http://{registry.place}"])
        async with open_registry(known, {}) as client:
            images = Images(Store(tmp_path / "images", Clock(lambda: 1000.0)), client)
            gateway.routes = Bases(Lent(Lender(images), gateway)).routes()
            async with gateway:
                await launched(gateway, builds=True, roots=roots or {})
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


async def test_a_tag_without_a_digest_is_refused_with_what_to_write(build, base):
    told, printed = await build(f"FROM {place(base)}:latest\n", bases=[place(base)])
    assert (told["exit"] != 0, told["cause"]) == (True, "exited")
    assert f"has no digest; write {place(base)}@sha256:DIGEST" in printed
    assert told["lacks"].endswith(f"has no digest: write `{place(base)}@sha256:DIGEST`.")


@pytest.mark.full
async def test_an_image_of_another_place_cannot_be_had(build, base, registry):
    other = base.replace("tools/box", "tools/other")
    told, _ = await build(f"FROM {other}\n", bases=[place(base)])
    assert told["exit"] != 0
    assert "is of none of the validation's `bases`" in told["lacks"]
    assert registry.asked == []


@pytest.mark.full
async def test_an_image_that_is_not_there_is_said_to_be_none(build, base):
    name = f"{place(base)}@sha256:{'0' * 64}"
    _, printed = await build(f"FROM {name}\n", bases=[place(base)])
    assert f"The image `{name}` is not there" in printed


NET = "RUN bash -c 'exec 3<>/dev/tcp/1.1.1.1/443' 2>&1 || cat /proc/net/dev\n"


async def test_a_build_reaches_no_network(build, base):
    _, printed = await build(f"FROM {base}\n{NET}", bases=[place(base)])
    assert "Network is unreachable" in printed
    assert re.findall(r"^ *(\w+):(?: +\d+)", printed, re.MULTILINE) == ["lo"]


@pytest.mark.full
async def test_a_build_that_fails_says_so(build, base):
    told, printed = await build(f"FROM {base}\nRUN exit 3\n", bases=[place(base)])
    assert (told["cause"], told.get("built"), told["lacks"]) == ("exited", None, "")
    assert "exit status 3" in printed


@pytest.mark.full
async def test_what_a_build_writes_is_bounded(build):
    run = f"{BUILD} && head -c 40M /dev/urandom > /var/lib/containers/x; sleep 60"
    limits = Limits(seconds=60, disk=8 * 1024**2)
    told, _ = await build(SCRATCH, run, limits=limits)
    assert told["cause"] == "crashed"
    assert "GiB of disk" in told["words"]


@pytest.mark.full
async def test_a_runner_that_has_no_power_to_build_gives_no_verdict(validation, launched, made):
    gateway = validation(BUILD, made({"Dockerfile": SCRATCH, "hello": ""}), kind="builder")
    async with gateway:
        await launched(gateway)
        told = await gateway.verdict()
    assert (told["cause"], told["words"]) == ("crashed", NO_BUILDER)


@pytest.mark.full
async def test_a_builder_may_come_from_an_image(build, base, tmp_path):
    root = make_root(tmp_path / "builder", "buildah", "head", "mount", "umount", "unshare")
    file = f"FROM {base}\nRUN cat /etc/os-release\n"
    told, printed = await build(
        file, f"ls /usr/bin/git; {BUILD}", roots={NAME: root}, image=NAME, bases=[place(base)]
    )
    assert (told["exit"], told["cause"]) == (0, "exited"), printed
    assert "ls: cannot access '/usr/bin/git'" in printed
    assert "NAME=made-for-a-test" in printed
    assert "localhost/app:latest" in told["built"]
