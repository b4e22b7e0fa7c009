"""A warm tree, a mirror and a scripted gateway; jobs in them are real processes."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.model.ids import Fence, JobName, Repo, RunId, Sha
from bot.model.runs import AgentSpec, JobPlan, Limits
from bot.runners.base import Gone, Launch
from bot.runners.local import LocalRunner
from tests.runners.agent_image import Podman, make_podman, make_tree, remove_podman
from tests.runners.keeping import nothing
from tests.runners.kinds import RUNC, missing, runner_of
from tests.runners.scripted_gateway import ScriptedGateway

FIRST = 400_000 + os.getpid() % 1000 * 100
UIDS = (FIRST, FIRST + 99)
"""Uids that no other test run has, since the kernel counts processes by them."""

READY = "greenroom step ready"
"""What a script says once it is prepared for whatever the test does to it."""


def git(*words: str, cwd: Path) -> str:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        **{
            f"GIT_{who}_{what}": "t@example.com"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }
    return subprocess.run(
        ["git", "-c", "safe.directory=*", *words],
        cwd=cwd,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


@dataclass(frozen=True)
class Stage:
    """Folders of one host, and a plan that fits them."""

    home: Path
    tree: Path
    mirror: Path
    quarantine: Path
    plan: JobPlan

    def launch(self, gateway: ScriptedGateway, **changes: object) -> Launch:
        plan = replace(gateway.plan, **changes)
        return Launch(
            job=plan.job,
            limits=plan.agent.limits,
            token=SecretStr(gateway.launch_token),
            tree=self.tree,
            mirror=self.mirror,
            gateway=gateway.folder,
        )


FILES = {"README": "hello\n", "src/a.py": "x=1\n"}


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A repository of two files, as the workspace part of the app leaves it."""
    return make_stage(tmp_path, FILES)


def make_stage(
    tmp_path: Path, files: dict[str, str], links: dict[str, str] | None = None
) -> Stage:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    source = tmp_path / "source"
    source.mkdir()
    git("init", "-q", "-b", "main", cwd=source)
    for name, text in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    for name, to in (links or {}).items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).symlink_to(to)
    git("add", ".", cwd=source)
    git("commit", "-qm", "first", cwd=source)
    base = Sha(git("rev-parse", "HEAD", cwd=source))
    mirror, quarantine, tree = home / "mirror.git", home / "quarantine.git", home / "lower"
    git("clone", "-q", "--bare", str(source), str(mirror), cwd=tmp_path)
    git("clone", "-q", "--bare", str(source), str(quarantine), cwd=tmp_path)
    git("clone", "-q", "--shared", str(mirror), str(tree), cwd=tmp_path)
    (tree / ".git" / "objects" / "info" / "alternates").write_text("/mirror.git/objects\n")
    agent = AgentSpec(
        name="probe", description="a test", runtime="command", command=("true",),
        outputs={"pull_request": 1}, limits=Limits(seconds=60),
    )  # fmt: skip
    plan = JobPlan(
        job=JobName("job-1"),
        run=RunId("run-1"),
        fence=Fence(1),
        repo=Repo("o/r"),
        shelf=Repo("o/r.5"),
        subject=7,
        base=base,
        base_branch="main",
        agent=agent,
        brief="Do it.\n",
    )
    return Stage(home=home, tree=tree, mirror=mirror, quarantine=quarantine, plan=plan)


@pytest.fixture(scope="session")
def podman() -> Iterator[Podman]:
    """A podman of the tests' own, with an image made of this host's programs."""
    if why := missing():
        pytest.skip(why)
    home = Path(tempfile.mkdtemp(prefix="gr-podman-"))  # podman's sockets need a short path
    try:
        make_tree(home / "tree")
        yield make_podman(home, home / "tree")
    finally:
        remove_podman(home)


@pytest.fixture(params=["local", pytest.param(RUNC, marks=pytest.mark.full)])
def kind(request: pytest.FixtureRequest) -> str:
    """What keeps the contract of runners: a process of this host, or a container around it."""
    return str(request.param)


@pytest.fixture
def open_runner(
    kind: str, stage: Stage, request: pytest.FixtureRequest
) -> Callable[..., LocalRunner]:
    """Open another runner of the same jobs, as a worker does that was restarted."""
    podman = None if kind == "local" else request.getfixturevalue("podman")
    return partial(runner_of, kind, stage.home / "jobs", podman, uids=UIDS)


@pytest.fixture
async def runner(
    stage: Stage, open_runner: Callable[..., LocalRunner]
) -> AsyncIterator[LocalRunner]:
    """The runner; whatever a test leaves running is ended."""
    (stage.home / "time").mkdir()
    runner = open_runner(clock=stage.home / "time" / "clock", grace=30)
    yield runner
    for log in (stage.home / "jobs").glob("*/log"):
        sys.stdout.write(f"{log.parent.name}:\n{log.read_text()}")  # shown where a test failed
    await runner.sweep(nothing)


@pytest.fixture
def gateway_for(stage: Stage) -> Callable[..., ScriptedGateway]:
    """Make a gateway that knows one job, whose agent runs the shell command given."""

    def make(script: str, **limits: int) -> ScriptedGateway:
        return make_gateway(stage, ("/bin/sh", "-c", script), **limits)

    return make


def make_gateway(stage: Stage, command: tuple[str, ...], **limits: int) -> ScriptedGateway:
    agent = replace(
        stage.plan.agent, command=command, limits=replace(stage.plan.agent.limits, **limits)
    )
    return ScriptedGateway(
        folder=stage.home / "gateway",
        plan=replace(stage.plan, agent=agent),
        quarantine=stage.quarantine,
    )


async def gone(runner: LocalRunner, job: JobName) -> Gone:
    """Wait until nothing of the job runs."""
    return await until(lambda: runner.poll(job), lambda standing: isinstance(standing, Gone))


async def until(look, fits, seconds: float = 60):
    """Look at something outside that tells nobody when it changes, until it fits."""
    async with asyncio.timeout(seconds):
        while not fits(found := await look()):  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.02)
    return found
