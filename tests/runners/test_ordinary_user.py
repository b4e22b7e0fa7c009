"""The same when the worker is no root: the test starts one as an ordinary user."""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.runners.conftest import git

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


@pytest.mark.skipif(os.geteuid() != 0, reason="all the other tests run as an ordinary user")
@pytest.mark.skipif(
    interpreter() is None or not open_to_all(PROJECT),
    reason="no interpreter or no project that another user can read",
)
async def test_an_ordinary_user_gets_the_same_box_without_any_power(open_home, gateway_for):
    gateway = gateway_for("id -u; cat README; echo more >> README; touch /workspace/src/b.py")
    gateway.folder = open_home.home / "gateway"
    packages = [str(PROJECT), *(path for path in sys.path if "-packages" in path)]
    async with gateway:
        worker = await asyncio.create_subprocess_exec(
            interpreter(), str(Path(__file__).with_name("launch_as_user.py")), str(open_home.home),
            json.dumps(asdict(gateway.plan)), gateway.launch_token,
            user=SOMEBODY, group=SOMEBODY, extra_groups=[], cwd="/",
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(packages)},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await worker.communicate()
    text = said.decode()
    assert "exit 0\n" in text
    assert "1000\nhello\n" in text
    assert "no_overlay" not in text
    report = gateway.told("/finish")[0]
    changed = git("diff", "--stat", "main", report["result"], cwd=open_home.quarantine)
    assert "src/b.py" in changed
    assert "README" in changed
