"""What a job's uid could put in its folder, once out of its box, and how root takes it."""

import asyncio
import os
import shutil
import subprocess
import sys

import pytest
from structlog.testing import capture_logs

from bot.runners.base import Gone
from bot.runners.local import LocalRunner, _remove_tree
from bot.runners.uids import allot
from bot.sandbox.folder import JobFolder, started_at, take
from bot.sandbox.probe import probe
from tests.runners.conftest import UIDS
from tests.runners.keeping import nothing

JOB, OTHER = UIDS

as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="an ordinary user has no uids to tell apart"
)


@pytest.fixture
def folder(stage):
    """A job's folder that has the first uid, as it is once the harness has let go of root."""
    jobs = stage.home / "jobs"
    jobs.mkdir(mode=0o700)
    made = JobFolder(jobs / "job-1")
    made.make()
    if os.geteuid() == 0:
        allot(jobs, made, UIDS)
    return made


@pytest.fixture
def bystander():
    """Start a process of a uid; it is ended with the test."""
    started = []

    def start(uid):
        started.append(subprocess.Popen(["/bin/sleep", "600"], user=uid))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def name(folder, process, writer=None):
    folder.pid.write_text(f"{process.pid} {started_at(process.pid)}")
    if writer is not None:
        os.chown(folder.pid, writer, writer)


def alive(process):
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.2)


@as_root
async def test_a_process_of_another_uid_is_never_signalled(folder, runner, bystander):
    stranger = bystander(OTHER)
    name(folder, stranger)
    with capture_logs() as lines:
        await runner.stop("job-1", kill=True)
    alive(stranger)
    assert [(line["event"], line["job"]) for line in lines] == [("job.stranger", "job-1")]


@as_root
@pytest.mark.parametrize("uid", [0, JOB], ids=["root", "job"])
async def test_a_process_that_the_job_names_is_never_signalled(folder, runner, bystander, uid):
    named = bystander(uid)
    name(folder, named, writer=JOB)
    with capture_logs() as lines:
        await runner.stop("job-1", kill=True)
    alive(named)
    assert [line["event"] for line in lines] == ["job.stranger"]


async def test_a_link_in_place_of_the_process_id_is_not_followed(folder, runner, bystander):
    named = bystander(None)
    name(folder, named)
    folder.pid.rename(folder.root / "elsewhere")
    folder.pid.symlink_to("elsewhere")
    with capture_logs() as lines:
        await runner.stop("job-1", kill=True)
    alive(named)
    assert [line["event"] for line in lines] == ["job.stranger"]


async def test_the_process_that_was_written_down_is_signalled(folder, runner, bystander):
    harness = bystander(JOB if os.geteuid() == 0 else None)
    name(folder, harness)
    await runner.stop("job-1", kill=True)
    assert harness.wait(60) == -9


@as_root
async def test_a_live_job_that_names_a_stranger_is_left_and_told(folder, runner, bystander):
    stranger = bystander(OTHER)
    name(folder, stranger)
    lock = take(folder.lock)
    with capture_logs() as lines:
        assert await runner.sweep(nothing) == []
    assert [line["event"] for line in lines] == ["job.stranger", "job.undying"]
    os.close(lock)
    alive(stranger)
    assert await runner.sweep(nothing) == ["job-1"]


@pytest.mark.parametrize("where", ["work", "work/work"])
async def test_removal_follows_no_link_in_place_of_the_work_folder(
    folder, runner, where, tmp_path
):
    victim = tmp_path / "victim"
    (victim / "work").mkdir(parents=True)
    for path in (victim / "work", victim):
        path.chmod(0o755)
    place = folder.root / where
    shutil.rmtree(place, ignore_errors=True)
    place.symlink_to(victim)
    assert await runner.sweep(nothing) == ["job-1"]
    assert [path.stat().st_mode & 0o777 for path in (victim, victim / "work")] == [0o755, 0o755]
    assert not folder.root.exists()


async def test_a_second_launch_clears_a_link_and_not_what_it_leads_to(
    stage, folder, runner, gateway_for, tmp_path
):
    (tmp_path / "victim" / "work").mkdir(parents=True)
    (folder.root / "home").rmdir()
    (folder.root / "home").symlink_to(tmp_path / "victim")
    async with gateway_for("true") as gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/finish")
    assert (tmp_path / "victim" / "work").is_dir()


async def test_a_pipe_or_a_link_in_place_of_the_exit_status_holds_nobody_up(folder, runner):
    os.mkfifo(folder.exit)
    async with asyncio.timeout(60):
        assert await runner.poll("job-1") == Gone()
    folder.exit.unlink()
    (folder.root / "75").write_text("75")
    folder.exit.symlink_to("75")
    assert await runner.poll("job-1") == Gone()


@as_root
def test_what_a_job_writes_does_not_free_its_uid(folder):
    folder.order.write_text('{"uid": 1}')
    second = JobFolder(folder.root.with_name("job-2"))
    second.make()
    assert (folder.uid, allot(folder.root.parent, second, UIDS)) == (JOB, JOB + 1)
    assert allot(folder.root.parent, folder, (JOB, JOB + 1)) == JOB


ATTACK = r"""
import os, sys
os.setgroups([]); os.setresgid(*[int(sys.argv[2])] * 3); os.setresuid(*[int(sys.argv[2])] * 3)
os.chdir(sys.argv[1])
def tried(act, *words):
    try: act(*words)
    except PermissionError: return
    print(act.__name__, *words)
for name in ("pid", "order.json", "lock", "work", "seccomp.bpf", "log"):
    tried(os.rename, name, "x"); tried(os.chmod, name, 0o777); tried(os.rename, "home", name)
    if name != "work":
        tried(os.unlink, name); tried(os.open, name, os.O_WRONLY)
    else:
        tried(os.rmdir, name)
tried(os.chmod, ".", 0o777); tried(os.chown, ".", -1, 0)
"""


def attack(folder):
    """Try it in the harness's mount namespace, where the way to the folder is open."""
    pid, _ = folder.read_pid()
    within = ["nsenter", f"--mount=/proc/{pid}/ns/mnt", sys.executable, "-I", "-S", "-c"]
    words = [*within, ATTACK, str(folder.root), str(folder.uid)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@as_root
async def test_the_uid_of_a_live_job_cannot_change_what_root_reads(stage, gateway_for):
    runner = LocalRunner(stage.home / "jobs", probe(), uids=UIDS)
    async with gateway_for("sleep 600") as gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/heartbeat")
        folder = JobFolder(stage.home / "jobs" / "job-1")
        assert folder.root.stat().st_mode & 0o7777 == 0o1770
        done = attack(folder)
        await runner.sweep(nothing)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not folder.root.exists()


def test_folders_in_folders_are_removed_however_many(tmp_path):
    root = tmp_path / "job"
    root.mkdir()
    at = os.open(root, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("x", dir_fd=at)
        below = os.open("x", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)
    _remove_tree(root)
    assert not root.exists()
