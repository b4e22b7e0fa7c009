"""An agent asks for a validation with an image: from a registry to what its command printed."""

import pytest
from pydantic import SecretStr

from bot.images.images import Images
from bot.images.registry import open_registry
from bot.images.store import Store
from bot.model.clock import Clock
from bot.model.registries import read_registries
from bot.model.validations import Definition, Service
from bot.store.schema import metadata
from bot.workspace.mirror import Mirrors
from bot.workspace.quarantine import Quarantines
from tests.gateway.stand import Stand
from tests.images.built import TAR, image, served
from tests.migrated import opened
from tests.validating.conftest import FIRST
from tests.validating.rooted import add_python, make_root, packed
from tests.validating.test_validation_services import HEAR, SERVER
from tests.validating.whole import whole

UIDS = (FIRST + 50, FIRST + 99)
SAYS = {
    "Env": ["PATH=/usr/bin", "WORD=served"],
    "Cmd": ["python3", "-I", "-S", "-c", SERVER.format(port=7001)],
}


@pytest.fixture
async def place(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    store = opened(SecretStr(f"sqlite+aiosqlite:///{home}/greenroom.db"))
    async with store.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    mirrors, quarantines = Mirrors(home / "mirrors"), Quarantines(home / "quarantine")
    stand = Stand(home=home, store=store, mirrors=mirrors, quarantines=quarantines)
    layer = packed(add_python(make_root(tmp_path / "root")))
    async with served() as registry:
        name = registry.has(image(layer, kind=TAR, pack=bytes, says=SAYS))
        known = read_registries([f"http://{registry.place}"])
        unit = Definition(
            name="unit",
            run=f"grep NAME /etc/os-release; cat a; {HEAR} hear 7001",
            image=name,
            kind="services",
            services=(Service(name="db", image=name, port=7001),),
        )
        gone = Definition(name="gone", run="true", image=name[:-1] + "x")
        async with open_registry(known, {}) as client:
            images = Images(Store(home / "images", Clock(lambda: 1000.0)), client)
            async with whole(stand, UIDS, unit, gone, root=images.root) as made:
                yield made
    await store.close()


async def test_its_command_runs_in_the_image_with_servers_beside_it(place):
    log = await place.ends(
        "echo changed > a; greenroom validate unit; echo $?", {"a": "as it was"}
    )
    printed = [line for line in log.splitlines() if line]
    assert printed[:3] == ["NAME=made-for-a-test", "changed", "served"]
    assert printed[-1] == "0"


@pytest.mark.full
async def test_of_an_image_that_cannot_be_had_the_agent_hears(place):
    log = await place.ends("greenroom validate gone; echo $?", {"a": ""})
    assert "is no image: write REGISTRY/NAME@sha256:DIGEST" in log
