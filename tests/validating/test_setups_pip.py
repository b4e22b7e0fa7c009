"""A setup that makes an environment with pip, from an index that its configuration allows."""

import asyncio
import io
import subprocess
import zipfile

import pytest

from bot.gateway.egress import Bounds, Egress
from bot.model.clock import Clock
from bot.model.validations import Definition, Setup
from bot.work.egress import Reaching
from tests.gateway.stand import NOW
from tests.nearby import Nearby, https
from tests.validating.prepared import prepared

HOST = "packages.example"
INDEX = f"--index-url https://{HOST}/simple/ --cert ca.pem --disable-pip-version-check"
SETUP = Setup(
    run=f"python3 -m venv .venv && .venv/bin/pip install -q {INDEX} -r requirements.txt",
    inputs=("requirements.txt",),
    egress=(HOST,),
)
UNIT = Definition(name="unit", run="PATH=$PWD/.venv/bin:$PATH adds 1 2")
AGAIN = Definition(
    name="again",
    run="python3 -m venv /tmp/new && cd /tmp/new && cp /workspace/ca.pem . && "
    f"bin/pip install -q {INDEX} adds==1.0 && bin/adds 5 6",
    egress=(HOST,),
)
WHEEL = "adds-1.0-py3-none-any.whl"
MODULE = "import sys\ndef main():\n    print(sum(map(int, sys.argv[1:])))\n"
ABOUT = "Metadata-Version: 2.1\nName: adds\nVersion: 1.0\n"

pytestmark = pytest.mark.skipif(
    subprocess.run(["/usr/bin/python3", "-c", "import ensurepip, venv"], check=False).returncode,
    reason="the host's Python cannot make environments",
)


def wheel() -> bytes:
    """Make a package with a program."""
    made, info = io.BytesIO(), "adds-1.0.dist-info"
    files = {
        "adds.py": MODULE,
        f"{info}/METADATA": ABOUT,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nadds = adds:main\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(name, text)
    return made.getvalue()


@pytest.fixture
async def place(tmp_path):
    pages = {
        "/simple/adds/": f'<a href="/files/{WHEEL}">{WHEEL}</a>'.encode(),
        f"/files/{WHEEL}": wheel(),
    }
    async with (
        https(tmp_path, HOST, pages=pages, asked=(asked := [])) as port,
        prepared(tmp_path, SETUP, UNIT, AGAIN) as made,
    ):
        made.nearby, made.asked = Nearby(port), asked
        reaching = Reaching(made.stand.store, Clock(lambda: NOW))
        door = Egress(reaching, made.nearby, Bounds()).serve(made.stand.folder)
        serving = asyncio.create_task(door)
        yield made
        serving.cancel()
        await asyncio.wait({serving})


async def test_what_it_installs_runs_for_an_agent_and_for_validations(place, tmp_path):
    files = {"requirements.txt": "adds==1.0\n", "ca.pem": (tmp_path / "ca.pem").read_text()}
    script = ".venv/bin/adds 3 4; git status --short; greenroom validate unit"
    log = await place.ends(script, files)
    assert log.startswith("7\n3\nunit: passed")
    looked = len(place.nearby.looked)
    assert looked > 0
    # the next one stands on the same at once
    assert (await place.ends(script, files)).startswith("7\n")
    assert len(place.nearby.looked) == looked


@pytest.mark.full
async def test_nothing_is_compiled_again(place, tmp_path):
    files = {"requirements.txt": "adds==1.0\n", "ca.pem": (tmp_path / "ca.pem").read_text()}
    log = await place.ends(".venv/bin/python3 -v -c 'import adds, pip' 2>&1", files)
    taken = [line for line in log.splitlines() if "matches /workspace" in line]
    assert any("adds.py" in line for line in taken)
    assert any("pip/__init__.py" in line for line in taken)
    assert "wrote '/workspace" not in log


async def test_what_it_fetched_is_kept_for_validations_that_fetch_it_too(place, tmp_path):
    files = {"requirements.txt": "adds==1.0\n", "ca.pem": (tmp_path / "ca.pem").read_text()}
    log = await place.ends("greenroom validate again", files)
    assert "11\nagain: passed" in log
    assert place.asked.count(f"/files/{WHEEL}") == 1
