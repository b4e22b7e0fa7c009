"""One validation in a job of its own, from its launch to its verdict."""

import io
import itertools
import os
import signal
import tarfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from bot.clocks import move_clock
from bot.harness.printed import HEAD, PIECE, TAIL
from bot.harness.validate import NO_TREE
from bot.model.runs import Limits
from bot.sandbox.folder import JobFolder
from tests.runners.conftest import gone
from tests.runners.keeping import nothing
from tests.validating.conftest import FILES
from tests.validating.validation_gateway import LAUNCH, TOKEN

LOOK = "cat src/a.py new; ls gone; git status --short | tr '\\n' ' '"
REPORT = '<testsuite><testcase name="a"/></testsuite>'


async def ended(gateway, launched, **more):
    """Run a validation to its end."""
    async with gateway:
        await launched(gateway, **more)
        return await gateway.verdict()


async def test_it_runs_over_the_tree_that_was_asked_about(runner, validation, launched):
    async with validation(LOOK) as gateway:
        await launched(gateway)
        told = await gateway.verdict()
        assert (await gone(runner, gateway.plan.job)).exit == 0
    assert gateway.output.splitlines()[:2] == ["x=2", "new"]
    assert "cannot access 'gone'" in gateway.output
    assert gateway.output.endswith(" D gone  M src/a.py ?? new ")
    assert (told["exit"], told["signal"], told["cause"], told["words"]) == (0, None, "exited", "")
    assert told["log"] == gateway.output


async def test_a_tree_without_changes_is_the_base(validation, launched, made):
    gateway = validation("cat src/a.py", made({}))
    gateway.plan = replace(gateway.plan, work=None)
    assert (await ended(gateway, launched))["exit"] == 0
    assert gateway.output == "x=1\n"


@pytest.mark.parametrize("way", ["tree", "work", "bytes", "base"])
async def test_another_tree_than_was_asked_about_has_no_verdict(validation, launched, made, way):
    gateway, other = validation("echo ran"), made({"src/a.py": "x=3\n"})
    match way:
        case "tree":
            gateway.plan = replace(gateway.plan, tree=other.tree)
        case "work":
            gateway.plan = replace(gateway.plan, work=other.name)
            gateway.blob = other.bundle
        case "bytes":
            gateway.blob = other.bundle
        case "base":
            further = made({"src/a.py": "x=4\n"}, base=other.commit)
            gateway.plan = replace(gateway.plan, work=further.name, tree=further.tree)
            gateway.blob = further.bundle
    told = await ended(gateway, launched)
    assert (told["exit"], told["cause"], told["words"]) == (None, "crashed", NO_TREE)
    assert gateway.output == ""


async def test_a_runner_without_images_gives_no_verdict(validation, launched):
    told = await ended(validation("true", image="x@sha256:1"), launched)
    assert told["cause"] == "crashed"
    assert told["words"] == "This runner does not have the image `x@sha256:1`."


@pytest.mark.parametrize(
    ("run", "exit_", "number"),
    [("exit 3", 3, None), ("kill -11 $$", None, 11), ("no-such-command", 127, None)],
)
async def test_its_end_is_told_as_it_was(validation, launched, run, exit_, number):
    told = await ended(validation(run), launched)
    assert (told["exit"], told["signal"], told["cause"]) == (exit_, number, "exited")


async def test_lines_come_while_it_runs(runner, validation, launched):
    async with validation("echo first; read never < /dev/zero; sleep 60") as gateway:
        await launched(gateway)
        await gateway.heard.wait()
        assert gateway.output == "first\n"
        await runner.stop(gateway.plan.job, kill=False)
        assert (await gateway.verdict())["cause"] == "cancelled"


async def test_what_nobody_waits_for_is_ended_and_not_told_of(runner, validation, launched):
    async with validation("echo x; sleep 60") as gateway:
        gateway.go_on = False
        await launched(gateway)
        assert (await gone(runner, gateway.plan.job)).exit == 75
    assert gateway.ended is None


async def test_its_time_is_bounded(stage, validation, launched):
    async with validation("echo x; sleep 600", seconds=30) as gateway:
        await launched(gateway)
        await gateway.heard.wait()
        for minutes in itertools.count(1):
            move_clock(stage.home / "time" / "clock", 60 * minutes)
            with suppress(TimeoutError):
                told = await gateway.verdict(seconds=1)
                break
    assert told["cause"] == "timeout"


async def test_a_report_comes_along(validation, launched):
    run = f"mkdir out; echo '{REPORT}' > out/r.xml; exit 1"
    gateway = validation(run, report="out/r.xml")
    assert (await ended(gateway, launched))["exit"] == 1
    assert gateway.report == f"{REPORT}\n".encode()


@pytest.mark.parametrize(
    "make",
    [
        "true",
        "ln -s /etc/passwd r.xml",
        "ln -s src/a.py r.xml",
        "mkfifo r.xml",
        "mkdir r.xml",
        "mknod r.xml c 1 3 || python3 -c 'import socket; socket.socket(1).bind(\"r.xml\")'",
        "truncate -s 9M r.xml",
        "truncate -s 900G r.xml || truncate -s 1G r.xml",
        "echo x > r.xml; chmod 0 r.xml",
    ],
)
async def test_what_is_no_plain_report_is_none(validation, launched, make):
    gateway = validation(f"{make}; exit 0", report="r.xml")
    assert (await ended(gateway, launched))["exit"] == 0
    assert gateway.report is None


async def test_a_report_is_not_read_through_a_link_in_its_path(validation, launched):
    gateway = validation("ln -s /etc out", report="out/passwd")
    await ended(gateway, launched)
    assert gateway.report is None


async def test_what_it_leaves_comes_along_with_what_is_counted(validation, launched):
    run = "mkdir dist; echo x > dist/x; ln -s /etc/passwd dist/y; truncate -s 17M dist/z; exit 1"
    gateway = validation(run, artifacts=("dist/**",))
    told = await ended(gateway, launched)
    assert (told["exit"], told["kept"], told["left_out"]) == (1, 1, 1)
    with tarfile.open(fileobj=io.BytesIO(gateway.artifacts)) as tar:
        assert tar.getnames() == ["dist/x"]


async def test_of_endless_output_both_ends_are_kept(validation, launched):
    told = await ended(validation("echo begin; seq 1000000; printf 'end \\377é'"), launched)
    log = told["log"]
    assert log.startswith("begin\n1\n")
    assert "bytes left out]" in log
    assert log.endswith("999999\n1000000\nend \ufffdé")
    assert len(log) < HEAD + TAIL + 100


async def test_pieces_say_where_they_begin_and_none_is_large(validation, launched):
    gateway = validation("printf 'é%.0s' $(seq 100000)")
    await ended(gateway, launched)
    assert all(len(text.encode()) <= PIECE for _, text in gateway.printed)
    at, text = gateway.printed[-1]
    assert at + len(text.encode()) == 200_000
    assert set(gateway.output) == {"é"}


async def test_more_output_than_anybody_reads_ends_it(validation, launched):
    told = await ended(validation("yes"), launched)
    assert (told["cause"], told["exit"]) == ("crashed", None)
    assert told["words"].startswith("It printed more than")


async def test_a_fork_bomb_ends_with_its_box(runner, validation, launched):
    limits = Limits(seconds=60, processes=64)
    run = "echo go; b() { b | b & b; }; b; sleep 60"
    async with validation(run, limits=limits) as gateway:
        await launched(gateway)
        await gateway.heard.wait()
        await runner.stop(gateway.plan.job, kill=False)
        await gateway.verdict()
        assert (await gone(runner, gateway.plan.job)).exit == 0


async def test_a_full_disk_ends_it(validation, launched):
    limits = Limits(seconds=60, disk=8 * 1024**2)
    told = await ended(
        validation("dd if=/dev/zero of=big bs=1M count=40; sleep 60", limits=limits), launched
    )
    assert told["cause"] == "crashed"
    assert "GiB of disk" in told["words"]


async def test_it_is_the_first_to_go_where_memory_ends(validation, launched):
    gateway = validation("cat /proc/self/oom_score_adj; readlink /proc/self/fd/0")
    assert (await ended(gateway, launched))["exit"] == 0
    assert gateway.output == "1000\n/dev/null\n"


REACH = r"""
echo "door $(ls /run/greenroom 2>&1)"
echo "net $(cat /proc/net/dev | wc -l) $(python3 -c 'import socket
try: socket.create_connection(("93.184.215.14", 443), 2)
except OSError as problem: print(problem)')"
echo "greenroom $(command -v greenroom)"
echo "secrets $(env | grep -ciE 'token|secret|canary')"
echo "mirror $(touch /mirror.git/x 2>&1)"
echo "home $(ls -A $HOME | wc -l) $CI"
echo "jobs $(ls -d {jobs} 2>&1)"
"""


async def test_it_reaches_nothing(stage, validation, launched):
    gateway = validation(REACH.replace("{jobs}", str(stage.home / "jobs")))
    log = (await ended(gateway, launched))["log"]
    said = dict(line.split(" ", 1) for line in log.splitlines())
    assert "No such file" in said["door"]
    assert said["net"].startswith("3 ")
    assert "unreachable" in said["net"]
    assert (said["greenroom"], said["secrets"], said["home"]) == ("", "0", "0 true")
    assert "Read-only" in said["mirror"]
    assert "No such file" in said["jobs"]


async def test_no_token_lies_in_its_folder_or_on_a_command_line(stage, validation, launched):
    async with validation("echo x; sleep 60") as gateway:
        await launched(gateway)
        await gateway.heard.wait()
        folder = JobFolder(stage.home / "jobs" / gateway.plan.job)
        texts = list(_told_of(folder))
        assert len(texts) > 20
        assert not [text for text in texts if LAUNCH.encode() in text or TOKEN.encode() in text]
        os.kill(folder.read_pid()[0], signal.SIGTERM)
        await gateway.verdict()


def _told_of(folder):
    """Yield what lies in the folder of a job, and what every process was started with."""
    processes = list(Path("/proc").glob("[0-9]*"))
    told = [process / name for process in processes for name in ("cmdline", "environ")]
    for path in (*folder.root.rglob("*"), *told):
        with suppress(OSError):  # a folder, or it has ended
            yield path.read_bytes()


async def test_what_it_leaves_behind_dies_with_its_folder(stage, runner, validation, launched):
    run = "echo x > $HOME/x; echo y > src/a.py; echo z > /tmp/z; (setsid sleep 600 &)"
    gateway = validation(run)
    assert (await ended(gateway, launched))["exit"] == 0
    await gone(runner, gateway.plan.job)
    assert (stage.tree / "src/a.py").read_text() == FILES["src/a.py"]
    assert await runner.sweep(nothing) == [gateway.plan.job]
    assert not (stage.home / "jobs" / gateway.plan.job).exists()


async def test_a_toolbox_of_the_launch_is_there(tmp_path, validation, launched):
    box = tmp_path / "home" / "box"
    (box / "bin").mkdir(parents=True)
    (box / "bin" / "tool").write_text("#!/bin/sh\necho from the box\n")
    (box / "bin" / "tool").chmod(0o755)
    box.chmod(0o755)
    gateway = validation("tool")
    await ended(gateway, launched, toolboxes={"tools": box})
    assert gateway.output == "from the box\n"
