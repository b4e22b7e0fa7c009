"""An agent that fills the disk, in plain sight and not."""

import pytest

from tests.runners.conftest import gone

PYTHON = "/opt/greenroom/python/bin/python3"
full = pytest.mark.full
MOST = 40 * 1024**2

NAMELESS = """
import os, time
files = [open(f"big{number}", "wb") for number in range(3)]
for file in files:
    os.unlink(file.name)
    file.write(os.urandom(2**24))
    file.flush()
time.sleep(60)
"""

BIG = "head -c 48M /dev/urandom"


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(
            "for i in 1 2 3; do head -c 16M /dev/urandom > $i; done", id="in files", marks=full
        ),
        pytest.param(f"{BIG} > ~/big", id="at home", marks=full),
        pytest.param(f"mkdir x; {BIG} > x/big; chmod 0 x", id="in a closed folder"),
        pytest.param("mkdir x; cd x; seq 20000 | xargs touch", id="in empty files", marks=full),
        pytest.param(f'{PYTHON} -c "$(cat nameless.py)"', id="without a name"),
    ],
)
async def test_an_agent_that_fills_the_disk_is_ended_and_told_of(stage, runner, gateway_for, way):
    (stage.tree / "nameless.py").write_text(NAMELESS)
    async with gateway_for(f"{way}; sleep 60", disk=MOST) as gateway:
        await runner.launch(stage.launch(gateway))
        report = await gateway.until("/finish")
        await gone(runner, stage.plan.job)
    assert report["cause"] == "crashed"
    assert report["words"] == "Its files took more than 0.039 GiB of disk."
    assert report["result"] is None


async def test_what_lies_in_memory_is_not_on_disk(stage, runner, gateway_for):
    script = "head -c 48M /dev/zero > /tmp/big; cp /tmp/big /dev/shm; sleep 3; echo done"
    async with gateway_for(script, disk=MOST) as gateway:
        await runner.launch(stage.launch(gateway))
        assert (await gateway.until("/finish"))["log"] == "done\n"
