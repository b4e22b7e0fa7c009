"""Checkpoints by real jobs in real boxes: made, and gone on from."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from bot.clocks import move_clock
from bot.harness.checkpoint import EVERY
from bot.model.ids import JobName, Sha
from bot.model.runs import Checkpoint, Limits
from bot.rules.agents import BUILT_IN
from bot.rules.checkpoints import LOST, MOST_FILES
from bot.runners.local import LocalRunner
from bot.sandbox.folder import JobFolder
from bot.sandbox.probe import probe
from tests.runners.conftest import READY, UIDS, git, gone, make_gateway, make_stage, until
from tests.runners.keeping import nothing

PYTHON = "/opt/greenroom/python/bin/python3"

WORK = "echo new > b.txt; echo y=2 >> src/a.py; rm README"
SHOW = (
    "echo -- $(git status --short) --; cat src/a.py b.txt; sed -n '/last job/,$p' $GREENROOM_BRIEF"
)


@pytest.fixture
def clock(stage):
    return stage.home / "time" / "clock"


async def left_by(stage, runner, gateway):
    """Run a job to its end, and return what it left."""
    async with gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/finish")
        await gone(runner, gateway.plan.job)
    return checkpoint(gateway)


def checkpoint(gateway):
    return Checkpoint(**gateway.told("/checkpoint")[-1])


def following(stage, first, script, left, **changes):
    """Make the gateway of the next job, with the blobs of the one before."""
    gateway = make_gateway(stage, ("/bin/sh", "-c", script))
    plan = replace(gateway.plan, job=JobName("job-2"), checkpoint=left, **changes)
    gateway.plan, gateway.blobs = plan, first.blobs
    return gateway


async def goes_on(stage, runner, gateway):
    """Run the next job and return its report."""
    async with gateway:
        await runner.launch(stage.launch(gateway))
        report = await gateway.until("/finish")
        await gone(runner, gateway.plan.job)
    return report


async def test_every_end_leaves_the_work_and_the_next_job_finds_it(stage, runner, gateway_for):
    first = gateway_for(f"{WORK}; kill -9 $$")
    left = await left_by(stage, runner, first)
    assert left.base == stage.plan.base
    assert len(first.blobs[left.work]) < 4096
    report = await goes_on(stage, runner, following(stage, first, SHOW, left))
    lines = report["log"].splitlines()
    assert lines[:4] == ["-- D README M src/a.py ?? b.txt --", "x=1", "y=2", "new"]
    assert "are in the working tree" in report["log"]
    assert report["result"] is not None


async def test_what_it_went_on_with_is_handed_in_by_the_next_job(stage, runner, gateway_for):
    first = gateway_for(f"{WORK}; kill -9 $$")
    left = await left_by(stage, runner, first)
    report = await goes_on(stage, runner, following(stage, first, "echo z > c.txt", left))
    changed = git("diff", "--name-status", "main", report["result"], cwd=stage.quarantine)
    assert changed.splitlines() == ["D\tREADME", "A\tb.txt", "A\tc.txt", "M\tsrc/a.py"]


async def test_a_minute_of_work_is_there_although_the_harness_was_killed(
    stage, runner, gateway_for, clock
):
    async with gateway_for(f"{WORK}; {READY}; sleep 600") as first:
        await runner.launch(stage.launch(first))
        await first.until("/steps")
        move_clock(clock, EVERY)
        await first.until("/checkpoint")
        await runner.stop(stage.plan.job, kill=True)
        await gone(runner, stage.plan.job)
    assert first.told("/finish") == []
    left = checkpoint(first)
    report = await goes_on(stage, runner, following(stage, first, "cat b.txt", left))
    assert report["log"] == "new\n"


@pytest.mark.full
async def test_nothing_is_sent_again_while_nothing_changes(stage, runner, gateway_for, clock):
    async with gateway_for(f"{WORK}; {READY}; sleep 600", seconds=3600) as gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/steps")
        for beats in (2, 4):
            move_clock(clock, EVERY * beats)
            await gateway.until("/heartbeat", beats)
        await runner.stop(stage.plan.job, kill=False)
        await gateway.until("/finish")
        await gone(runner, stage.plan.job)
    names = [each["work"] for each in gateway.told("/checkpoint")]
    assert len(names) == 1


async def test_a_stopped_job_leaves_what_its_agent_did_last(stage, runner, gateway_for):
    trap = "trap 'echo bye > b.txt; exit 9' TERM"
    first = gateway_for(f"echo half > b.txt; {trap}; {READY}; sleep 600 & wait")
    async with first:
        await runner.launch(stage.launch(first))
        await first.until("/steps")
        await runner.stop(stage.plan.job, kill=False)
        await first.until("/finish")
        await gone(runner, stage.plan.job)
    next_job = following(stage, first, "cat b.txt", checkpoint(first))
    assert (await goes_on(stage, runner, next_job))["log"] == "bye\n"


async def test_a_job_that_changed_nothing_leaves_nothing(stage, runner, gateway_for):
    left = await left_by(stage, runner, gateway_for("true"))
    assert (left.work, left.session) == (None, None)
    report = await goes_on(stage, runner, following(stage, gateway_for("true"), SHOW, left))
    assert "-- --" in report["log"]


async def test_a_job_that_was_replaced_leaves_nothing_more(stage, runner, gateway_for, clock):
    async with gateway_for("echo x > x; sleep 600") as gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/heartbeat")
        gateway.fenced = True
        move_clock(clock, EVERY)
        assert (await gone(runner, stage.plan.job)).exit == 75
    assert gateway.told("/finish") == []


def looked(gateway):
    async def look():
        return gateway.told("/checkpoint")

    return look


def moved(stage, files):
    """Have the branch go on, with these files; return its new head, which the tree is at."""
    source = stage.home.parent / "source"
    for name, text in files.items():
        (source / name).write_text(text)
    git("add", ".", cwd=source)
    git("commit", "-qm", "moved", cwd=source)
    git("fetch", "-q", str(source), "main:main", cwd=stage.mirror)
    head = Sha(git("rev-parse", "main", cwd=stage.mirror))
    (stage.tree / ".git/objects/info/alternates").write_text(f"{stage.mirror}/objects\n")
    git("fetch", "-q", str(stage.mirror), "main", cwd=stage.tree)
    git("reset", "-q", "--hard", head, cwd=stage.tree)
    (stage.tree / ".git/objects/info/alternates").write_text("/mirror.git/objects\n")
    return head


async def test_work_that_fits_onto_a_branch_that_moved_is_taken_along(stage, runner, gateway_for):
    first = gateway_for(f"{WORK}; kill -9 $$")
    left = await left_by(stage, runner, first)
    head = moved(stage, {"c.txt": "theirs\n"})
    next_job = following(stage, first, f"cat c.txt; {SHOW}", left, base=head)
    lines = (await goes_on(stage, runner, next_job))["log"].splitlines()
    assert lines[:5] == ["theirs", "-- D README M src/a.py ?? b.txt --", "x=1", "y=2", "new"]


async def test_work_that_does_not_fit_is_kept_beside_and_told(stage, runner, gateway_for):
    first = gateway_for(f"{WORK}; kill -9 $$")
    left = await left_by(stage, runner, first)
    head = moved(stage, {"src/a.py": "x=3\n"})
    look = (
        "echo -- $(git status --short) --; git show refs/greenroom/checkpoint:src/a.py; git fsck"
    )
    next_job = following(stage, first, f"{look}; cat $GREENROOM_BRIEF", left, base=head)
    log = (await goes_on(stage, runner, next_job))["log"]
    assert log.splitlines()[:3] == ["-- --", "x=1", "y=2"]
    assert 'Both sides changed: "src/a.py".' in log
    assert f"git diff {stage.plan.base} refs/greenroom/checkpoint" in log


RARER = [pytest.param(each, marks=pytest.mark.full) for each in ("other bytes", "no bundle")]


@pytest.mark.parametrize("broken", ["missing", "another base", *RARER])
async def test_what_is_broken_or_gone_is_told_and_the_job_begins_at_its_base(
    stage, runner, gateway_for, broken
):
    first = gateway_for(f"{WORK}; kill -9 $$")
    left = await left_by(stage, runner, first)
    good = first.blobs[left.work]
    match broken:
        case "missing":
            first.blobs.clear()
        case "other bytes":
            first.blobs[left.work] = good[:-1] + b"\0"
        case "no bundle":
            left = replace(left, work=put(first, good.replace(b"v2", b"v9", 1)))
        case "another base":
            left = replace(left, base=Sha("b" * 40))
    next_job = following(stage, first, SHOW, left)
    log = (await goes_on(stage, runner, next_job))["log"]
    assert "-- --" in log
    assert LOST["work"] in log
    assert {"text": LOST["work"]} in next_job.told("/steps")


def put(gateway, data):
    name = hashlib.sha256(data).hexdigest()
    gateway.blobs[name] = data
    return name


def evil(stage):
    """Return a bundle of a commit with a folder `.git` in its tree."""
    at = stage.home.parent / "source"
    inner = git("rev-parse", "HEAD:src", cwd=at)
    made = subprocess.run(
        ["git", "hash-object", "-t", "tree", "-w", "--literally", "--stdin"],
        input=b"40000 .git\0" + bytes.fromhex(inner), cwd=at, capture_output=True, check=True,
    )  # fmt: skip
    tree = made.stdout.decode().strip()
    commit = git("commit-tree", tree, "-p", stage.plan.base, "-m", "evil", cwd=at)
    git("update-ref", "refs/greenroom/work", commit, cwd=at)
    git("bundle", "create", "evil", "refs/greenroom/work", f"^{stage.plan.base}", cwd=at)
    return (at / "evil").read_bytes()


async def test_a_bundle_with_objects_that_git_refuses_is_not_taken(stage, runner, gateway_for):
    first = gateway_for("true")
    left = Checkpoint(base=stage.plan.base, work=put(first, evil(stage)))
    log = (await goes_on(stage, runner, following(stage, first, SHOW, left)))["log"]
    assert "-- --" in log
    assert LOST["work"] in log


HOSTILE = r"""
printf x > "$(printf 'two\nlines')"; printf x > "$(printf 'b\377d')"
ln -s /etc/passwd passwd; ln -s /proc/self/environ environ; mkfifo pipe
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")'
rm -rf .git; mkdir .git; echo 'ref: x' > .git/HEAD
printf '[core]\n\tfsmonitor = "touch /workspace/ran"\n' > .git/config
head -c 70000000 /dev/urandom > huge.bin; echo small > small.txt
kill -9 $$
"""


@pytest.mark.full
async def test_a_hostile_workspace_is_left_and_found_without_what_is_too_large(
    stage, runner, gateway_for
):
    first = gateway_for(HOSTILE)
    left = await left_by(stage, runner, first)
    assert len(first.blobs[left.work]) < 8192
    show = "ls -A | tr '\\n\\377' '??'; cat small.txt; readlink passwd; cat $GREENROOM_BRIEF"
    log = (await goes_on(stage, runner, following(stage, first, show, left)))["log"]
    assert log.startswith(".git?README?b?d?environ?passwd?small.txt?src?two?lines?small\n")
    assert "/etc/passwd" in log
    assert 'Too large to be kept, and gone: "huge.bin".' in log


@pytest.mark.full
@pytest.mark.timeout(300)
async def test_of_a_hundred_thousand_files_some_are_kept(stage, runner, gateway_for):
    make = "import os\nfor n in range(100_000): open(f'f{n:06}', 'w').write(str(n))"
    first = gateway_for(f'mkdir many; cd many; {PYTHON} -c "{make}"; echo mine > ../b.txt')
    async with first:
        await runner.launch(stage.launch(first))
        await until(looked(first), bool, seconds=200)
        await runner.stop(stage.plan.job, kill=True)
        await gone(runner, stage.plan.job)
    show = "cat b.txt; ls many | wc -l; tail -n 3 $GREENROOM_BRIEF"
    report = await goes_on(stage, runner, following(stage, first, show, checkpoint(first)))
    lines = report["log"].splitlines()
    assert lines[:2] == ["mine", str(MOST_FILES - 1)]
    assert "and 79981 more" in report["log"]


async def test_a_git_that_was_killed_leaves_no_lock_behind(stage, runner, gateway_for, clock):
    async with gateway_for(f"{WORK}; {READY}; sleep 600", seconds=3600) as gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/steps")
        result = JobFolder(stage.home / "jobs" / stage.plan.job).result
        result.mkdir(exist_ok=True)
        (result / "index.lock").touch()
        (result / "index.lock").chmod(0o666)
        os.chown(result, *[UIDS[0]] * 2)
        move_clock(clock, EVERY)
        await gateway.until("/checkpoint")
        await runner.stop(stage.plan.job, kill=False)
        assert (await gateway.until("/finish"))["result"] is not None
        await gone(runner, stage.plan.job)


async def test_a_session_goes_on_in_the_next_home(tmp_path):
    stage = make_stage(tmp_path, {"src/a.py": "x=1\n"})
    agent = replace(BUILT_IN["fix"].spec, limits=Limits(seconds=60))
    runner = LocalRunner(stage.home / "jobs", probe(), uids=UIDS, grace=30)
    blobs, left, names = {}, None, []
    for number in (1, 2):
        gateway = make_gateway(stage, ())
        gateway.blobs = blobs
        gateway.plan = replace(
            gateway.plan, job=JobName(f"job-{number}"), agent=agent, checkpoint=left,
            instruction="make it faster", brief=f"brief {number}",
        )  # fmt: skip
        async with gateway:
            await runner.launch(stage.launch(gateway))
            report = await gateway.until("/finish")
            await gone(runner, gateway.plan.job)
        sys.stdout.write((stage.home / "jobs" / gateway.plan.job / "log").read_text())
        assert report["exit"] == 0
        left = checkpoint(gateway)
        names.append(blobs[left.session].partition(b".jsonl")[0][-32:])
    assert names[0] == names[1]
    assert b"brief 1" in blobs[left.session]
    assert b"brief 2" in blobs[left.session]
    await runner.sweep(nothing)


async def test_a_session_that_is_none_is_told_and_a_new_one_begun(stage, runner, gateway_for):
    first = gateway_for("true")
    agent = replace(BUILT_IN["fix"].spec, limits=Limits(seconds=60))
    left = Checkpoint(base=stage.plan.base, session=put(first, b"no tar at all" * 100))
    next_job = following(stage, first, "", left, agent=agent, instruction="make it faster")
    assert (await goes_on(stage, runner, next_job))["exit"] == 0
    assert {"text": LOST["session"]} in next_job.told("/steps")
