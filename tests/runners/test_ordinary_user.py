"""The same when the worker is no root: the test starts one as an ordinary user."""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.runners.conftest import git
from tests.runners.outside import ESCAPE, WAY, outside, shut, tell_job

SOMEBODY = 61_900


PROJECT = Path(__file__).resolve().parents[2]


def open_to_all(path: Path) -> bool:
    return path.exists() and all(each.stat().st_mode & 1 for each in (path, *path.parents))


def interpreter() -> str | None:
    """One that an ordinary user may start, of the version whose packages are installed."""
    usual = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    both = (Path(sys.executable).resolve(), Path(usual))
    return next((str(path) for path in both if open_to_all(path)), None)


@pytest.fixture
def open_home(stage):
    """The stage, in a folder that belongs to the ordinary user."""
    home = Path(tempfile.mkdtemp(prefix="greenroom-user-"))
    shutil.copytree(stage.home, home, dirs_exist_ok=True, symlinks=True)
    for path in (home, *home.rglob("*")):
        os.chown(path, SOMEBODY, SOMEBODY, follow_symlinks=False)
    yield replace(stage, home=home)
    shutil.rmtree(home)


pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="all the other tests run as an ordinary user"),
    pytest.mark.skipif(
        interpreter() is None or not open_to_all(PROJECT),
        reason="no interpreter or no project that another user can read",
    ),
]


@asynccontextmanager
async def working(stage, gateway):
    """Give a worker of the ordinary user, who has launched the gateway's one job."""
    gateway.folder = stage.home / "gateway"
    packages = [str(PROJECT), *(path for path in sys.path if "-packages" in path)]
    async with gateway:
        yield await asyncio.create_subprocess_exec(
            interpreter(), str(Path(__file__).with_name("launch_as_user.py")), str(stage.home),
            json.dumps(asdict(gateway.plan)), gateway.launch_token,
            user=SOMEBODY, group=SOMEBODY, extra_groups=[], cwd="/",
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(packages)},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip


async def test_an_ordinary_user_gets_the_same_box_without_any_power(open_home, gateway_for):
    gateway = gateway_for("id -u; cat README; echo more >> README; touch /workspace/src/b.py")
    async with working(open_home, gateway) as worker:
        said, _ = await worker.communicate()
    text = said.decode()
    assert "exit 0\n" in text
    assert "1000\nhello\n" in text
    assert "no_overlay" not in text
    report = gateway.told("/finish")[0]
    changed = git("diff", "--stat", "main", report["result"], cwd=open_home.quarantine)
    assert "src/b.py" in changed
    assert "README" in changed


async def test_no_way_out_is_open_where_jobs_are_of_the_workers_own_user(open_home, gateway_for):
    (open_home.home / "lower/escape.py").write_text(ESCAPE.read_text())
    gateway = gateway_for(WAY.format(python="/usr/bin/python3"))
    with outside(open_home.home) as there:
        jobs = open_home.home / "jobs"
        for path in (jobs, *jobs.rglob("*")):
            os.chown(path, SOMEBODY, SOMEBODY)
        async with working(open_home, gateway) as worker:
            await gateway.until("/heartbeat")
            tell_job(jobs / "job-1", there)
            await worker.communicate()
    shut(gateway.told("/finish")[0]["log"])


async def test_what_a_job_of_the_workers_own_user_holds_is_counted_too(open_home, gateway_for):
    fill = "mkdir x; head -c 48M /dev/urandom > x/big; chmod 0 x; sleep 60"
    gateway = gateway_for(fill, disk=40 * 1024**2)
    async with working(open_home, gateway) as worker:
        await worker.communicate()
    assert "of disk" in gateway.told("/finish")[0]["words"]
