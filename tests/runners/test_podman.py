"""What podman adds to a runner: an image, a wall, and refusals where it cannot work."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from bot.model.errors import Misconfigured
from bot.model.settings import read_settings
from bot.runners.base import Alive, Gone
from bot.runners.local import LocalRunner
from bot.runners.podman import open_podman
from bot.sandbox.folder import JobFolder
from bot.wiring.runners import open_runner
from tests.runners.agent_image import import_image
from tests.runners.conftest import READY, UIDS, git, gone
from tests.runners.keeping import nothing
from tests.runners.kinds import RUNC, runner_of

pytestmark = pytest.mark.full

CRUN = """#!/bin/sh
# crun refuses hosts that mix both versions of cgroups: it is not shown the second
exec unshare --mount sh -c 'umount /sys/fs/cgroup/unified; exec crun "$@"' crun "$@"
"""
RUNSC = """#!/bin/sh
exec runsc --network=none --ignore-cgroups "$@"
"""


@pytest.fixture
def kind():
    """Here it is podman alone."""
    return RUNC


def opened(stage, podman, **changes):
    settings = {
        "image": podman.image,
        "runtime": RUNC,
        "uids": UIDS,
        "toolboxes": {},
        "environment": podman.environment,
    }
    return open_podman(stage.home / "jobs", **settings | changes)


def told(podman, *words):
    around = {"PATH": "/usr/bin:/bin:/usr/sbin", **podman.environment}
    done = subprocess.run(["podman", *words], env=around, check=True, capture_output=True)
    return done.stdout.decode().strip()


def containers(podman):
    return told(podman, "ps", "--all", "--format", "{{.Names}}")


def first_process(podman):
    """Return what the kernel says of the harness: its rights, and its network."""
    process = Path("/proc", told(podman, "inspect", "--latest", "--format", "{{.State.Pid}}"))
    return (process / "status").read_text(), (process / "net/dev").read_text()


def kill_client(job):
    client, _ = JobFolder(job).read_pid()
    os.kill(client, signal.SIGKILL)
    os.waitpid(client, 0)


def usable_crun(folder):
    """Return a crun that runs here, however cgroups are mounted."""
    if shutil.which("crun") is None:
        pytest.skip("crun is not installed")
    if not Path("/sys/fs/cgroup/unified").is_mount():
        return "crun"
    return script(folder / "crun", CRUN)


def script(path, text):
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


async def test_programs_are_those_of_the_image_and_nothing_of_its_root_can_be_written(
    stage, runner, gateway_for
):
    look = "cat /usr/share/agent-image; ls /usr/share; touch /usr/x"
    async with gateway_for(look) as gateway:
        await runner.launch(stage.launch(gateway))
        lines = (await gateway.until("/finish"))["log"].splitlines()
    assert lines[:2] == ["made for a test", "agent-image"]
    assert "Read-only file system" in lines[2]


async def test_the_harness_itself_has_no_network_no_capability_and_a_filter(
    stage, podman, runner, gateway_for
):
    async with gateway_for(f"{READY}; sleep 60") as gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/steps")
        status, network = first_process(podman)
    for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb"):
        assert f"Cap{kind}:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    assert re.findall(r"(\S+):", network) == ["lo"]


async def test_a_sweep_leaves_no_container(stage, podman, runner, gateway_for):
    async with gateway_for(f"{READY}; sleep 60") as gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/steps")
        assert JobFolder(stage.home / "jobs/job-1").group in containers(podman)
        assert await runner.sweep(nothing) == [stage.plan.job]
    assert containers(podman) == ""


async def test_a_job_outlives_the_podman_that_started_it(stage, runner, gateway_for):
    async with gateway_for(f"{READY}; sleep 60") as gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/steps")
        kill_client(stage.home / "jobs/job-1")
        assert await runner.poll(stage.plan.job) == Alive()
        await runner.stop(stage.plan.job, kill=False)
        assert (await gateway.until("/finish"))["cause"] == "cancelled"
        assert await gone(runner, stage.plan.job) == Gone(exit=0)


async def test_a_container_that_never_began_is_made_anew(stage, podman, runner, gateway_for):
    folder = JobFolder(stage.home / "jobs/job-1")
    folder.root.mkdir(parents=True)
    told(podman, "create", "--name", folder.group, podman.image, "true")
    async with gateway_for("true") as gateway:
        await runner.launch(stage.launch(gateway))
        assert (await gateway.until("/finish"))["exit"] == 0


async def test_crun_makes_them_too(stage, podman, gateway_for, tmp_path):
    runner = runner_of(usable_crun(tmp_path), stage.home / "jobs", podman, uids=UIDS)
    async with gateway_for("echo new > b.txt; id -u") as gateway:
        await runner.launch(stage.launch(gateway))
        report = await gateway.until("/finish")
        await gone(runner, stage.plan.job)
    await runner.sweep(nothing)
    assert report["log"] == "1000\n"
    changed = git("diff", "--name-only", "main", report["result"], cwd=stage.quarantine)
    assert changed == "b.txt"


def test_an_operator_names_runner_runtime_and_image(stage, podman, monkeypatch):
    env = {"GREENROOM_RUNNER": "podman", "GREENROOM_PODMAN_RUNTIME": RUNC}
    env |= {"GREENROOM_AGENT_IMAGE": podman.image, "GREENROOM_HOME": str(stage.home)}
    for name, value in podman.environment.items():
        monkeypatch.setenv(name, value)
    assert isinstance(open_runner(read_settings(env, frozenset())), LocalRunner)


def test_a_runtime_that_is_not_there_is_refused(stage, podman):
    with pytest.raises(Misconfigured, match="GREENROOM_PODMAN_RUNTIME is wrong: no program x7"):
        opened(stage, podman, runtime="x7")


def test_an_image_that_is_not_there_is_refused(stage, podman):
    with pytest.raises(Misconfigured, match="fetch it with `podman pull`"):
        opened(stage, podman, image=f"localhost/agent@sha256:{'0' * 64}")


def test_an_image_without_what_jobs_need_is_refused(stage, podman, tmp_path):
    (tmp_path / "bare/usr/bin").mkdir(parents=True)
    shutil.copy("/bin/sh", tmp_path / "bare/usr/bin")
    image = import_image(podman.home, tmp_path / "bare", "localhost/bare")
    with pytest.raises(Misconfigured, match="the image needs Python 3"):
        opened(stage, podman, image=image)


def test_gvisor_is_refused_since_no_box_can_be_made_in_it(stage, podman, tmp_path):
    if shutil.which("runsc") is None:
        pytest.skip("runsc is not installed")
    runsc = script(tmp_path / "runsc", RUNSC)
    with pytest.raises(Misconfigured, match="use runc or crun"):
        opened(stage, podman, runtime=runsc)
