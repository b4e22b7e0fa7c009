"""An agent that tries to get out, and one that tries to take everything."""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys

import pytest

from bot.sandbox import cgroups
from tests.runners.conftest import gone
from tests.runners.outside import ESCAPE, REQUESTS, WAY, outside, shut, tell_job

PYTHON = "/opt/greenroom/python/bin/python3"

TAKEN = tuple(request for request in REQUESTS if request[1] in {"/finish", "/heartbeat"})
"""What a gateway answers to who has the token."""

MAY_LACK = re.compile(
    r"(alg|packet|raw) socket|netfilter|netlink|multipath|udp|(pair of )?vsock|device |kernel's |"
    r"setting |folder |kexec|finit_module|delete_module|(level of )?ports|a call of|terminal|"
    r"first process|descriptors of|look by way of|told by /etc|be killed last|more processes|"
    r"request_key|userfaultfd|fanotify|move_pages|migrate_pages|mbind|quota|nested|unshare program"
)
"""What some kernels, containers and machines have not at all, so that nothing is open there."""


async def test_no_way_out_of_the_box_is_open(stage, runner, gateway_for):
    (stage.tree / "escape.py").write_text(ESCAPE.read_text())
    async with gateway_for(WAY.format(python=PYTHON)) as gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/heartbeat")
        with outside(stage.home) as there:
            tell_job(stage.home / "jobs/job-1", there)
            report = await gateway.until("/finish")
    shut(report["log"])
    assert {path for path, _ in gateway.calls} <= {"/heartbeat", "/checkpoint", "/finish"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only to root are all ways open")
async def test_outside_of_the_box_the_same_ways_are_open(stage, gateway_for, tmp_path):
    (tmp_path / "scratch").mkdir()
    async with gateway_for("") as gateway:
        known = {
            "harness": os.getpid(),
            "scratch": str(tmp_path / "scratch"),
            "door": str(gateway.folder / "gateway.sock"),
            "headers": [f"Authorization: Bearer {gateway.run_token}"],
            "requests": TAKEN,
            "mirror": str(stage.mirror / "HEAD"),
            "closed": ["/", "/usr", "/etc", str(stage.tree)],
        }
        with outside(stage.home) as there:
            (tmp_path / "targets").write_text(json.dumps(there | known))
            found = await asyncio.to_thread(unboxed, tmp_path / "targets")
    assert found["broken"] == {}
    assert [name for name in found["refused"] if not MAY_LACK.match(name)] == []
    assert len(found["reached"]) > 100


def unboxed(targets):
    """Run the program as root, with mounts of its own so that nothing is left of them."""
    words = ["unshare", "--mount", "--ipc", "--uts", sys.executable, ESCAPE, targets]
    with targets.open() as left_open:
        done = subprocess.run(
            words, check=True, capture_output=True, pass_fds=[left_open.fileno()]
        )
    return json.loads(done.stdout)


async def test_no_token_is_anywhere_that_an_agent_can_look(stage, runner, gateway_for):
    look = (
        "env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null; "
        "grep -r canary / --exclude-dir=usr --exclude-dir=python --exclude-dir=proc "
        "--exclude-dir=dev 2>/dev/null; "
        f"{PYTHON} -c \"[print(open('/proc/self/fd/' + f, 'rb').read(9999)) for f in '3456789'"
        " if __import__('os').path.exists('/proc/self/fd/' + f)]\"; ls -l /proc/self/fd; "
        "echo looked everywhere"
    )
    async with gateway_for(look) as gateway:
        await runner.launch(stage.launch(gateway))
        report = await gateway.until("/finish")
        await gone(runner, stage.plan.job)
    assert "looked everywhere" in report["log"]
    secrets = (gateway.launch_token, gateway.run_token)
    assert not any(secret in report["log"] for secret in secrets)
    for path in (stage.home / "jobs").rglob("*"):
        if path.is_file():
            assert not any(secret.encode() in path.read_bytes() for secret in secrets), path


async def test_the_box_tells_nothing_of_its_host(stage, runner, gateway_for):
    async with gateway_for("hostname; id; ls /home /; cat /etc/passwd; env") as gateway:
        await runner.launch(stage.launch(gateway))
        log = (await gateway.until("/finish"))["log"]
    assert socket.gethostname() not in log
    assert str(stage.home) not in log
    assert "uid=1000(agent)" in log


BOMB = """
import os, time
children = 0
try:
    while children < 2000:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        children += 1
except OSError as problem:
    print(children, problem.strerror)
"""


async def test_a_fork_bomb_is_stopped_at_the_limit(stage, runner, gateway_for):
    (stage.tree / "bomb.py").write_text(BOMB)
    async with gateway_for(f"{PYTHON} bomb.py", processes=50) as gateway:
        await runner.launch(stage.launch(gateway))
        log = (await gateway.until("/finish"))["log"]
    assert re.fullmatch(r"4\d Resource temporarily unavailable\n", log)


async def test_memory_of_one_process_ends_at_the_limit(stage, runner, gateway_for):
    script = f"{PYTHON} -c 'bytearray(2**30)' 2>&1 | tail -1"
    async with gateway_for(script, memory=400 * 1024**2) as gateway:
        await runner.launch(stage.launch(gateway))
        assert (await gateway.until("/finish"))["log"] == "MemoryError\n"


HOGS = """
import subprocess, sys
HOG = "import sys; x = b'x' * 2**27; print(len(x), flush=True); sys.stdin.read()"
words, pipe = [sys.executable, "-c", HOG], subprocess.PIPE
hogs = [subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) for _ in range(8)]
print(*(hog.stdout.readline() for hog in hogs))
"""


@pytest.mark.skipif(
    os.geteuid() != 0 or "memory" not in cgroups.own(), reason="no memory cgroup of our own"
)
async def test_memory_of_all_processes_together_ends_at_the_limit(stage, runner, gateway_for):
    (stage.tree / "hogs.py").write_text(HOGS)
    async with gateway_for(f"{PYTHON} hogs.py", memory=300 * 1024**2) as gateway:
        await runner.launch(stage.launch(gateway))
        report = await gateway.until("/finish")
    assert report["log"].count(str(2**27)) < 8


async def test_a_file_ends_at_the_limit(stage, runner, gateway_for):
    script = "head -c 5000000 /dev/zero > big; stat -c %s big"
    async with gateway_for(script, file_size=1_000_000) as gateway:
        await runner.launch(stage.launch(gateway))
        assert (await gateway.until("/finish"))["log"].splitlines()[-1] == "1000000"


async def test_scratch_space_is_bounded(stage, runner, gateway_for):
    async with gateway_for("df -k --output=size /tmp /dev/shm | tail -2") as gateway:
        await runner.launch(stage.launch(gateway))
        sizes = (await gateway.until("/finish"))["log"].split()
    assert sizes == ["1048576", "1048576"]
