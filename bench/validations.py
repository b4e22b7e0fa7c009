"""What an agent waits for when it asks for a validation: its first line, and its verdict.

An agent in its box changes ten files of a large repository and asks with the small command, in
a world of the app's own processes.  The clock runs from the start of that command to the first
line that it prints, which the validation's own command has printed in its box; or to its end,
where the verdict is known.  The same unit tests are run by hand in the agent's box, in the same
tree, beside which the broker is measured.  Local jobs and podman's are measured, the latter
where podman can be used.
"""

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import steps
from bench.place import scratch
from bench.table import Row, bounded
from bench.workspace import LARGE, _git, _origin
from bot.demo.hub import Hub
from bot.demo.scene import Scene
from tests.runners.agent_image import make_podman, make_tree, remove_podman
from tests.runners.kinds import RUNC, missing

ROUNDS = 9
CHANGED = 10
FIRST_LINE = {"local": 250.0, "podman": 900.0}
CACHED = 50.0
RATIO, BESIDE = 1.1, 250.0
"""How much longer the same tests may take through the broker: times, and milliseconds more."""

STEPS = ("called", "asked", "launched", "staged", "claimed", "laid out", "started", "heard")

CONFIG = """\
version: 1
validations:
  quick: {run: "echo first"}
  unit: {run: "sh unit.sh"}
"""

AGENT = """\
---
name: asks
description: Asks for validations
greenroom:
  runtime: command
  command: [/opt/greenroom/python/bin/python3, asking.py, "ROUNDS", "CHANGED"]
  on: {label: agent:asks}
  validations: [quick, unit]
  outputs: {comment: {max: 1}}
---
"""

UNIT = """\
set -e
for part in src/part*; do
    grep -rqs changed $part || true
    i=0
    while [ $i -lt 20000 ]; do i=$((i + 1)); done
done
echo ok
"""
"""Reads every file, and works for some seconds."""


async def rows() -> AsyncIterator[Row]:
    """Measure each kind of runner that there is."""
    with scratch() as root:
        source = _project(root)
        for kind in FIRST_LINE:
            with _runner(kind) as settings:
                if settings is None:
                    continue
                world = World(root=root / kind, runner=settings)
                for row in _rows(kind, await _measured(world, source)):
                    yield row


def _rows(kind: str, seen: "Seen") -> Iterator[Row]:
    what = f"asked to first line, {kind}"
    yield from steps.rows(what, STEPS, seen.steps, at_most=FIRST_LINE[kind])
    yield bounded(f"known verdict, {kind}", "ms", seen.took["cached"], at_most=CACHED)
    byhand = median(seen.took["by hand"])
    yield bounded(
        f"unit tests through the broker less {BESIDE:.0f} ms, against by hand, {kind}",
        "times",
        [(each - BESIDE) / byhand for each in seen.took["broker"]],
        at_most=RATIO,
    )


@dataclass(kw_only=True)
class World(Scene):
    """A scene whose jobs have a runner of their own kind."""

    runner: Mapping[str, str] = field(default_factory=dict)

    def settings(self, name: str) -> Mapping[str, str]:
        return {**super().settings(name), **(self.runner if name == "work" else {})}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What an agent has said, by what it measured, and the steps of what was run for it."""

    took: Mapping[str, Sequence[float]]
    steps: Sequence[steps.Taken]


async def _measured(world: World, source: Path) -> Seen:
    async with _opened(world):
        repo = await world.repository("project", source)
        await world.start("web", "work", "gateway")
        await world.install()
        async with _logs(world) as logs, Hub(world.url, world.token) as hub:
            issue = await hub.send("POST", f"/repos/{repo}/issues", {"title": "Ask"})
            at = f"/repos/{repo}/issues/{issue['number']}"
            await hub.send("POST", f"{at}/labels", {"labels": ["agent:asks"]})
            while not (log := _ending(world)):
                world.check()
                await asyncio.sleep(0.5)
            return _seen(world, log, logs)


@asynccontextmanager
async def _opened(world: World) -> AsyncIterator[None]:
    try:
        await world.open()
        yield
    finally:
        await world.close()


@asynccontextmanager
async def _logs(world: World) -> AsyncIterator[Path]:
    """Keep the logs of jobs, which are removed soon after their ends."""
    kept = world.root / "logs"
    kept.mkdir()

    async def keep() -> None:
        while True:
            for log in (world.home / "jobs").glob("*/log"):
                with suppress(FileExistsError, FileNotFoundError):
                    (kept / log.parent.name).hardlink_to(log)
            await asyncio.sleep(0.1)

    task = asyncio.create_task(keep())
    try:
        yield kept
    finally:
        task.cancel()
        await asyncio.wait({task})


def _ending(world: World) -> str:
    """Return what the agent has printed, once it has ended."""
    with closing(sqlite3.connect(world.home / "greenroom.db", timeout=30)) as database:
        found = database.execute("SELECT ending FROM jobs WHERE ended_at IS NOT NULL").fetchone()
    return json.loads(found[0])["log"] if found else ""


def _seen(world: World, log: str, logs: Path) -> Seen:
    told = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    if not told:
        raise RuntimeError(f"the agent said: {log}")
    took = defaultdict(list)
    for each in told:
        took[each["what"]].append(each["took"])
    asked = [each for each in told if each["what"] == "first line"]
    return Seen(took=took, steps=[_taken(world, each, logs) for each in asked])


def _taken(world: World, told: Mapping[str, float], logs: Path) -> steps.Taken:
    """Find when each step of what was run for one question was taken."""
    offset = time.time() - time.monotonic()
    called, heard = told["began"] + offset, told["ended"] + offset
    asked = steps.first(steps.lines(world.log("gateway"), called), event="validation.asked")
    launched = steps.first(
        steps.lines(world.log("work"), called), event="job.launched", task="validation"
    )
    said = {
        line["event"]: line["monotonic"] + offset
        for line in map(json.loads, (logs / launched["job"]).read_text().splitlines())
    }
    return {
        "called": called,
        "asked": asked["at"],
        "launched": launched["at"],
        "staged": said["harness.started"],
        "claimed": said["harness.claimed"],
        "laid out": said["validation.laid_out"],
        "started": said["validation.started"],
        "heard": heard,
    }


def _project(root: Path) -> Path:
    """Make the large repository, with an agent and the validations that it asks for."""
    source = root / "project"
    subprocess.run(["git", "clone", "-q", str(_origin(root, LARGE)), str(source)], check=True)
    agent = AGENT.replace("ROUNDS", str(ROUNDS)).replace("CHANGED", str(CHANGED))
    files = {
        ".github/greenroom.yml": CONFIG,
        ".github/agents/asks.md": agent,
        "asking.py": Path(__file__).with_name("asking.py").read_text(),
        "unit.sh": UNIT,
    }
    for name, text in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    at, who = source / ".git", ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
    _git(at, f"--work-tree={source}", "add", "--all")
    _git(at, *who, "commit", "--quiet", "--message", "Ask")
    return source


@contextmanager
def _runner(kind: str) -> Iterator[Mapping[str, str] | None]:
    """Give the settings of a kind of runner; None where this host cannot have it."""
    if kind == "local":
        yield {}
        return
    if why := missing():
        print(f"  no podman: {why}", file=sys.stderr, flush=True)
        yield None
        return
    home = Path(tempfile.mkdtemp(prefix="gr-podman-"))  # podman's sockets need a short path
    try:
        make_tree(home / "tree")
        podman = make_podman(home, home / "tree")
        yield {
            "GREENROOM_RUNNER": "podman",
            "GREENROOM_AGENT_IMAGE": podman.image,
            "GREENROOM_PODMAN_RUNTIME": RUNC,
            **podman.environment,
        }
    finally:
        remove_podman(home)
        shutil.rmtree(home, ignore_errors=True)
