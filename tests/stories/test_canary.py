"""No credential is where a model or strangers' code runs, nor in anything that a run leaves."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import pytest_asyncio

from bot.demo.project import run
from tests.stories.canaried import CANARY
from tests.stories.project import HANGS, SPIES
from tests.stories.remains import live_jobs, owner
from tests.stories.search import Search, memory, objects, repositories
from tests.stories.verdict import wrong_after_success
from tests.stories.world import PACE, world

pytestmark = pytest.mark.asyncio(loop_scope="module")

SETTINGS = {"app.json", "app.pem"}
"""Where the operator keeps the credentials; nowhere else are they to be found."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mine(tmp_path_factory):
    """A world whose jobs' tokens can be told from any other text."""
    root = tmp_path_factory.mktemp("mine")
    program = (sys.executable, str(Path(__file__).with_name("canaried.py")))
    async with world(root, "web", "work", "gateway", command=program) as made:
        yield made


@pytest.fixture(scope="module")
def search(mine):
    secret = json.loads((mine.root / "app.json").read_text())["secret"]
    return Search.of((mine.root / "app.pem").read_text(), secret)


MADE_UP = (
    f"Authorization: Bearer {CANARY}-Zm9v",
    "ghs_12_dGhpcyBpcyBub3QgYSB0b2tlbg",
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxIn0wMDA.c2ln",
    "Authorization: Basic eC1hY2Nlc3MtdG9rZW46Z2hzXzEyX2RHaH",
)


async def test_the_search_knows_a_credential_when_it_sees_one(search):
    assert all(search.inside(text.encode()) for text in MADE_UP)


@pytest.fixture
def bundled(tmp_path):
    """A folder with a bundle that holds a credential, and nothing else."""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    (tmp_path / "kept").write_text(CANARY * 100)
    subprocess.run([*git, "add", "kept"], check=True)
    subprocess.run([*git, "commit", "-qm", "kept"], check=True)
    (tmp_path / "only").mkdir()
    subprocess.run([*git, "bundle", "create", "-q", "only/work", "HEAD"], check=True)
    return tmp_path / "only"


async def test_the_search_looks_into_checkpoints(search, bundled):
    assert search.inside((bundled / "work").read_bytes()) == []
    assert search.files(bundled) == {"work": [CANARY]}


def memory_of_the_living(pid):
    try:
        return memory(pid)
    except (FileNotFoundError, ProcessLookupError):
        return b""


def of_jobs(mine):
    found = Path("/proc").glob("[0-9]*")
    return [int(path.name) for path in found if owner(path) in mine.uids]


async def test_an_agent_that_looks_around_finds_none(mine, search):
    mine.pace = 1.0  # the janitor is to leave the job's folder for a while
    asked = await mine.done(SPIES)
    mine.pace = PACE
    assert await wrong_after_success(asked) == []
    (found,) = [path.read_bytes() for path in (mine.home / "jobs").glob("*/home/found")]
    for seen in (b"'GREENROOM_SOCKET'", b"/run/greenroom/brief.md: ", b"/proc/1/cmdline: "):
        assert seen in found
    assert search.inside(found) == []
    assert any((mine.home / "jobs").glob("*/agent.log"))
    assert search.files(mine.home / "jobs", within=mine.root) == {}
    for ours in (b"greenroom.db", b"gateway/gateway.sock", b"bot/work"):
        assert ours not in found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may read the memory of others")
async def test_of_a_jobs_processes_the_harness_alone_knows_its_token(mine, search):
    asked = await mine.issue(HANGS)
    await asked.label()
    await asked.working()
    (harness,) = [int(job.pid.read_text().split()[0]) for job in live_jobs(mine.home)]
    pids = of_jobs(mine)
    assert len(pids) > 3
    assert harness in pids
    assert search.processes(pids, "cmdline", "environ") == {}
    assert search.inside(memory(harness)) == [CANARY]
    others = [seen for pid in pids if pid != harness and (seen := memory_of_the_living(pid))]
    assert len(others) > 2  # some programs end while we look
    assert not any(map(search.inside, others))
    await asked.unlabel()
    await asked.settled()


async def test_what_goes_wrong_is_lived_through(mine):
    tokens = {"bad_gateway_times": 2, "bad_gateway_match": "access_tokens"}
    async with mine.switched(**tokens):
        assert await wrong_after_success(await mine.done()) == []
    asked = await mine.issue()
    repository = mine.root / "devhub" / "repositories" / f"{asked.repo}.git"
    rule = ("config", "--add", "receive.hideRefs", "refs/heads/greenroom")
    assert await run("git", "-C", str(repository), *rule) == 0
    await asked.label()
    await asked.settled()
    assert asked.run()[2] == "failure"


@pytest_asyncio.fixture(loop_scope="module")
async def still(mine):
    """Files that nobody moves while they are read: the worker, who cleans up, is away."""
    await mine.kill("work", signal.SIGTERM)
    yield
    await mine.start("work")


@pytest.mark.usefixtures("still")
async def test_no_file_log_row_or_recording_holds_one(mine, search):
    found = search.files(mine.root)
    assert found.keys() == SETTINGS


@pytest.mark.usefixtures("still")
async def test_no_commit_holds_one(mine, search):
    where = repositories(mine.root)
    assert len(where) > 3
    assert any(b"import os" in objects(each) for each in where)
    assert search.repositories(mine.root) == {}


async def test_no_command_line_of_the_apps_own_holds_one(mine, search):
    pids = [process.pid for process in mine.processes.values()]
    assert search.processes(pids, "cmdline") == {}
    gateway = [mine.processes["gateway"].pid]
    assert search.processes(gateway, "environ") == {}
