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

from tests.runners.agent_image import make_podman, make_tree, remove_podman
from tests.runners.conftest import git
from tests.runners.kinds import RUNC, missing
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


BECOME = ("setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups")
SETTLED = f"""
mount --bind {{etc}}/passwd /etc/passwd && mount --bind {{etc}}/group /etc/group &&
mount --bind {{etc}}/subid /etc/subuid && mount --bind {{etc}}/subid /etc/subgid &&
exec setpriv --reuid {SOMEBODY} --regid {SOMEBODY} --clear-groups "$@"
"""
"""How root becomes somebody who has a name and subordinate ids, which nobody else sees."""

SETUP = {
    "passwd": f"somebody:x:{SOMEBODY}:{SOMEBODY}::/:/bin/sh\n",
    "group": f"somebody:x:{SOMEBODY}:\n",
    "subid": "somebody:1000000:65536\n",
}


@pytest.fixture(scope="session")
def users_podman():
    """A podman of the ordinary user's, which is rootless."""
    if why := missing():
        pytest.skip(why)
    if shutil.which("newuidmap") is None:
        pytest.skip("newuidmap is not installed (package uidmap)")
    home = Path(tempfile.mkdtemp(prefix="gr-podman-"))
    (home / "etc").mkdir()
    for name, text in SETUP.items():
        (home / "etc" / name).write_text(text)
    settled = SETTLED.format(etc=home / "etc")
    prefix = ("unshare", "--mount", "sh", "-c", settled, "sh")
    try:
        make_tree(home / "tree", interpreter())
        yield make_podman(home, home / "tree", prefix, SOMEBODY)
    finally:
        remove_podman(home)


CRUN = """#!/bin/sh
# crun refuses hosts that mix both versions of cgroups: it is shown none
exec unshare --mount sh -c 'mount -t tmpfs none /sys/fs/cgroup; exec crun "$@"' crun "$@"
"""


@pytest.fixture(
    params=["local", *(pytest.param(each, marks=pytest.mark.full) for each in (RUNC, "crun"))]
)
def podman(request):
    """The podman that makes containers; None where jobs have none."""
    if request.param == "local":
        return None
    podman = request.getfixturevalue("users_podman")
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    if request.param == "crun" and Path("/sys/fs/cgroup/unified").is_mount():
        (podman.home / "crun").write_text(CRUN)
        (podman.home / "crun").chmod(0o755)
        return replace(podman, runtime=str(podman.home / "crun"))
    return replace(podman, runtime=request.param)


@asynccontextmanager
async def working(stage, gateway, podman=None, program="launch_as_user.py", root=None):
    """Give a worker of the ordinary user, who has launched the gateway's one job."""
    gateway.folder = stage.home / "gateway"
    packages = [str(PROJECT), *(path for path in sys.path if "-packages" in path)]
    async with gateway:
        yield await asyncio.create_subprocess_exec(
            *(podman.prefix if podman else BECOME),
            interpreter(), str(Path(__file__).with_name(program)), str(stage.home),
            json.dumps(asdict(gateway.plan)), gateway.launch_token,
            *(() if root is None else (str(root),)),
            *([podman.image, podman.runtime] if podman else []),
            cwd="/",
            env={"PATH": "/usr/bin:/bin:/usr/sbin", "PYTHONPATH": ":".join(packages)}
            | (podman.environment if podman else {}),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip


async def test_an_ordinary_user_gets_the_same_box_without_any_power(
    open_home, gateway_for, podman
):
    gateway = gateway_for("id -u; cat README; echo more >> README; touch /workspace/src/b.py")
    async with working(open_home, gateway, podman) as worker:
        said, _ = await worker.communicate()
    text = said.decode()
    assert "exit 0\n" in text
    assert "1000\nhello\n" in text
    assert "no_overlay" not in text
    report = gateway.told("/finish")[0]
    changed = git("diff", "--stat", "main", report["result"], cwd=open_home.quarantine)
    assert "src/b.py" in changed
    assert "README" in changed


async def test_no_way_out_is_open_where_jobs_are_of_the_workers_own_user(
    open_home, gateway_for, podman
):
    (open_home.home / "lower/escape.py").write_text(ESCAPE.read_text())
    gateway = gateway_for(WAY.format(python="/usr/bin/python3"))
    with outside(open_home.home) as there:
        jobs = open_home.home / "jobs"
        for path in (jobs, *jobs.rglob("*")):
            os.chown(path, SOMEBODY, SOMEBODY)
        async with working(open_home, gateway, podman) as worker:
            await gateway.until("/heartbeat")
            tell_job(jobs / "job-1", there)
            await worker.communicate()
    shut(gateway.told("/finish")[0]["log"])


async def test_what_a_job_of_the_workers_own_user_holds_is_counted_too(
    open_home, gateway_for, podman
):
    fill = "mkdir x; head -c 48M /dev/urandom > x/big; chmod 0 x; sleep 60"
    gateway = gateway_for(fill, disk=40 * 1024**2)
    async with working(open_home, gateway, podman) as worker:
        await worker.communicate()
    assert "of disk" in gateway.told("/finish")[0]["words"]
