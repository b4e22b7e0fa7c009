"""Validations in jobs of their own: real boxes, and a gateway that says what a test tells it."""

import hashlib
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.model.ids import JobName, Repo, Sha, ValidationId
from bot.model.runs import Limits
from bot.model.validations import Definition, ValidationPlan
from bot.runners.base import Launch
from bot.runners.local import LocalRunner
from bot.sandbox.probe import probe
from bot.workspace.snapshot import WORK_REF
from tests.runners.conftest import Stage, git, make_stage
from tests.runners.keeping import nothing
from tests.validating.validation_gateway import LAUNCH, ScriptedGateway

FIRST = 700_000 + os.getpid() % 1000 * 100
UIDS = (FIRST, FIRST + 99)
FILES = {"README": "hello\n", "src/a.py": "x=1\n", "gone": "soon\n"}


@dataclass(frozen=True)
class Work:
    """What an agent has made of a base: its tree, and the bundle of what differs."""

    tree: Sha
    bundle: bytes
    commit: Sha

    @property
    def name(self) -> str:
        return hashlib.sha256(self.bundle).hexdigest()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return make_stage(tmp_path, FILES)


@pytest.fixture
async def runner(stage: Stage) -> AsyncIterator[LocalRunner]:
    (stage.home / "time").mkdir()
    runner = LocalRunner(
        stage.home / "jobs", probe(), uids=UIDS, clock=stage.home / "time" / "clock"
    )
    yield runner
    for log in (stage.home / "jobs").glob("*/log"):
        sys.stdout.write(f"{log.parent.name}:\n{log.read_text()}")  # shown where a test failed
    await runner.sweep(nothing)


@pytest.fixture
def made(stage: Stage) -> Callable[..., Work]:
    """Make work of some files; None takes one away."""

    def make(files: dict[str, str | None], base: str = "main") -> Work:
        source = stage.home.parent / "source"
        git("checkout", "-q", "-B", "work", base, cwd=source)
        for name, text in files.items():
            path = source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink() if text is None else path.write_text(text)
        git("add", "-A", cwd=source)
        git("commit", "-qm", "Work in progress", "--allow-empty", cwd=source)
        git("update-ref", WORK_REF, "HEAD", cwd=source)
        bundle = stage.home.parent / "work.bundle"
        git("bundle", "create", "-q", str(bundle), WORK_REF, f"^{base}", cwd=source)
        tree = Sha(git("rev-parse", "HEAD^{tree}", cwd=source))
        return Work(tree, bundle.read_bytes(), Sha(git("rev-parse", "HEAD", cwd=source)))

    return make


@pytest.fixture
def validation(stage: Stage, made: Callable[..., Work]) -> Callable[..., ScriptedGateway]:
    """Make the gateway of a validation that runs a command over some work."""

    def make(run: str, work: Work | None = None, **definition: object) -> ScriptedGateway:
        work = work or made({"src/a.py": "x=2\n", "new": "new\n", "gone": None})
        limits = definition.pop("limits", Limits(seconds=60))
        plan = ValidationPlan(
            job=JobName("v-1-1"),
            id=ValidationId("1"),
            repo=Repo("o/r"),
            shelf=Repo("o/r.5"),
            base=stage.plan.base,
            work=work.name,
            tree=work.tree,
            definition=Definition(name="unit", run=run, **definition),
            limits=limits,
        )
        return ScriptedGateway(stage.home / "gateway", plan, blob=work.bundle)

    return make


@pytest.fixture
def launched(stage: Stage, runner: LocalRunner) -> Callable[..., object]:
    """Launch the job of a gateway's validation."""

    async def launch(gateway: ScriptedGateway, **more: object) -> None:
        await runner.launch(
            Launch(
                job=gateway.plan.job,
                task="validation",
                limits=gateway.plan.limits,
                token=SecretStr(LAUNCH),
                tree=stage.tree,
                mirror=stage.mirror,
                gateway=gateway.folder,
                **more,
            )
        )

    return launch
