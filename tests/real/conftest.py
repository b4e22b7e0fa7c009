"""The real programs of agents, as toolboxes, and a scripted model behind their door."""

import os
import shutil
import subprocess
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.model.ids import JobName
from bot.model.runs import Checkpoint, Limits, RuntimeName
from bot.runners.local import LocalRunner
from bot.sandbox.probe import probe
from bot.scripted.server import Model, scripted
from tests.runners.conftest import UIDS, Stage, gone, make_gateway, make_stage
from tests.runners.keeping import nothing
from tests.runners.scripted_gateway import ScriptedGateway


@dataclass(frozen=True)
class Program:
    """A program of an agent, as npm has it.

    Attributes:
        package: with its version.
        file: the program, below `node_modules`.
        model: the name of one that it knows.
    """

    package: str
    file: str
    model: str


PROGRAMS: dict[RuntimeName, Program] = {
    "codex": Program(
        "@openai/codex@0.169.0-linux-x64",
        "@openai/codex/vendor/x86_64-unknown-linux-musl/bin/codex",
        "gpt-5.2-codex",
    ),
    "gemini": Program(
        "@google/gemini-cli@0.61.0", "@google/gemini-cli/bundle/gemini.js", "gemini-2.5-pro"
    ),
    "opencode": Program(
        "opencode-linux-x64@1.18.34", "opencode-linux-x64/bin/opencode", "some-model"
    ),
}
MODELS = {name: each.model for name, each in PROGRAMS.items()} | {"claude": "claude-sonnet-4-5"}
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "greenroom" / "agents"


def toolbox(runtime: RuntimeName) -> Path:
    """Return a folder that has the program in `bin`; installed once, without any scripts."""
    if runtime == "claude":
        return _given(os.environ.get("CLAUDE_CLI"))
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, which brings the programs of agents")
    if not Path("/usr/bin/node").exists():
        pytest.skip("node is not in /usr/bin, where a box finds it")
    program = PROGRAMS[runtime]
    folder = CACHE / program.package.replace("/", "+")
    if not (folder / "bin" / runtime).exists():
        fresh = folder.with_name(f"{folder.name}.{os.getpid()}")
        _install(npm, program, runtime, fresh)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    return folder


def _given(path: str | None) -> Path:
    if path is None:
        pytest.skip("CLAUDE_CLI names no program of Claude Code")
    folder = CACHE / "claude"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "bin").mkdir(parents=True)
    shutil.copy(path, folder / "bin" / "claude")
    return folder


def _install(npm: str, program: Program, runtime: str, folder: Path) -> None:
    folder.mkdir(parents=True)
    words = [npm, "install", "--ignore-scripts", "--no-fund", "--no-audit", "--force"]
    done = subprocess.run(
        [*words, f"--prefix={folder}", program.package],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"npm cannot install {program.package}: {done.stderr[-300:]}")
    file = folder / "node_modules" / program.file
    file.chmod(0o755)
    (folder / "bin").mkdir()
    (folder / "bin" / runtime).symlink_to(f"../node_modules/{program.file}")


@dataclass
class Put:
    """A runtime that is put to work, job after job, each in a home of its own."""

    runtime: RuntimeName
    stage: Stage
    runner: LocalRunner
    model: Model
    name: str
    command: tuple[str, ...] = ()
    jobs: list[ScriptedGateway] = field(default_factory=list)

    def gateway(self, brief: str, **limits: int) -> ScriptedGateway:
        """Make the gateway of the next job, which goes on from the last one."""
        gateway = make_gateway(self.stage, self.command)
        agent = replace(
            gateway.plan.agent,
            runtime=self.runtime,
            model=self.name,
            limits=Limits(**{"seconds": 120, **limits}),
        )
        gateway.plan = replace(
            gateway.plan, agent=agent, brief=brief, job=JobName(f"job-{len(self.jobs) + 1}")
        )
        gateway.models = self.model.address
        if self.jobs:
            last = self.jobs[-1]
            left = Checkpoint(**last.told("/checkpoint")[-1])
            gateway.plan, gateway.blobs = replace(gateway.plan, checkpoint=left), last.blobs
        self.jobs.append(gateway)
        return gateway

    async def works(self, brief: str, **limits: int):
        """Run a job to its end; return its report and what it told people."""
        return await self.goes(self.gateway(brief, **limits))

    async def goes(self, gateway: ScriptedGateway):
        """The same, with a gateway that was made before."""
        async with gateway:
            await self.runner.launch(self.stage.launch(gateway))
            report = await gateway.until("/finish")
            await self.over(gateway)
        return report, [step["text"] for step in gateway.told("/steps")]

    async def over(self, gateway: ScriptedGateway) -> None:
        """Wait until nothing of a job runs."""
        await gone(self.runner, gateway.plan.job)


@pytest.fixture
async def put(tmp_path):
    """Return what puts a runtime to work on a repository, with a script for its model."""
    made = []
    async with AsyncExitStack() as stack:

        async def make(runtime, script, files=None, command=()):
            program = "gemini" if runtime == "acp" else runtime
            tools = {program: toolbox(program)}
            stage = make_stage(tmp_path, {"src/a.py": "x=1\n", **(files or {})})
            model = await stack.enter_async_context(scripted(script))
            runner = LocalRunner(stage.home / "jobs", probe(), uids=UIDS, grace=5, toolboxes=tools)
            made.append(runner)
            name = MODELS[program]
            return Put(runtime, stage, runner, model, name, command)

        yield make
        for runner in made:
            for log in (tmp_path / "home" / "jobs").glob("*/*log"):
                sys.stdout.write(f"{log}:\n{log.read_text(errors='replace')}")
            await runner.sweep(nothing)
