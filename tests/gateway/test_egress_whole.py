"""From a program in a real box to a server, by every socket on the way."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.gateway.egress import Bounds, Egress
from bot.model.clock import Clock
from bot.model.ids import run_id
from bot.runners.base import Launch
from bot.runners.local import LocalRunner
from bot.sandbox.probe import probe
from bot.store import jobs, reached
from bot.work.egress import Reaching
from tests.gateway.stand import HALL, NOW, git
from tests.nearby import Nearby, https

RUN = run_id(NOW, 1)
UIDS = (600_000 + os.getpid() % 1000 * 100,) * 2

SCRIPT = r"""
one() { echo "$1: $(eval "$2" 2>&1 | tr -s '\r\n' ' ')"; }
CURL="curl -sS --max-time 20 --cacert ca.pem"
one allowed "$CURL https://Packages.Example/"
one below "$CURL https://a.example.com/"
one other "$CURL -v https://evil.example/"
one plain "$CURL http://packages.example/"
one address "$CURL https://10.0.0.1/"
one fronted "$CURL --connect-to evil.example:443:packages.example:443 https://evil.example/"
one direct "$CURL --noproxy '*' https://packages.example/"
one around "$CURL --noproxy '*' --resolve packages.example:443:93.184.215.14 https://packages.example/"
one home "$CURL --noproxy '*' http://127.0.0.1:$PORT/"
one told 'echo $HTTPS_PROXY $NO_PROXY $GREENROOM_EGRESS'
"""


@pytest.fixture
async def said(open_stand, tmp_path):
    """What each line of the script has come to, by its name."""
    async with https(tmp_path, "packages.example", "a.example.com", "evil.example") as port:
        open_stand.egress = ("packages.example", "*.example.com")
        open_stand.command = ("/bin/sh", "-c", f"PORT={port}\n{SCRIPT}")
        job = await open_stand.launched()
        tree = _tree(open_stand, tmp_path)
        runner = LocalRunner(open_stand.home / "jobs", probe(), uids=UIDS)
        reaching = Reaching(open_stand.store, Clock(lambda: NOW))
        egress = Egress(reaching, Nearby(port), Bounds())
        async with asyncio.TaskGroup() as group:
            door = group.create_task(egress.serve(open_stand.folder))
            await runner.launch(
                Launch(
                    job=job.plan.job,
                    limits=job.plan.agent.limits,
                    token=SecretStr(job.launch_token),
                    tree=tree,
                    mirror=open_stand.mirrors.path(HALL),
                    gateway=open_stand.folder,
                )
            )
            ended = await _ended(open_stand, job.plan.run)
            door.cancel()
        yield dict(each.split(": ", 1) for each in ended.log.splitlines() if ": " in each)
        await runner.sweep(_nothing)


def _tree(stand, tmp_path: Path) -> Path:
    """Return a warm tree, in which a certificate lies too."""
    tree = stand.home / "lower"
    git("clone", "-q", "--shared", str(stand.mirrors.path(HALL)), str(tree), cwd=tmp_path)
    (tree / ".git/objects/info/alternates").write_text("/mirror.git/objects\n")
    shutil.copy(tmp_path / "ca.pem", tree)
    return tree


async def _ended(stand, run):
    async with asyncio.timeout(60):
        while True:
            async with stand.store.read() as tx:
                if found := await jobs.endings(tx, run, most=1):
                    return found[0]
            await asyncio.sleep(0.05)


async def _nothing(_found):
    return frozenset()


async def test_a_program_reaches_allowed_hosts_and_nothing_else(said, open_stand):
    assert said["allowed"] == said["below"] == "hello "
    assert "not reach `evil.example`" in said["other"]
    assert "use an address that begins with https" in said["plain"]
    assert "403" in said["address"]
    assert "unrecognized name" in said["fronted"]
    assert "Could not resolve host" in said["direct"]
    assert "Failed to connect" in said["around"]
    assert "Failed to connect" in said["home"]
    assert said["told"].startswith(
        "http://127.0.0.1:8018 127.0.0.1,localhost packages.example *.example"
    )
    async with open_stand.store.read() as tx:
        found = await reached.of(tx, RUN)
    assert {(each.host, each.allowed) for each in found} == {
        ("packages.example", True),
        ("a.example.com", True),
        ("packages.example", False),
        ("evil.example", False),
        ("10.0.0.1", False),
    }
