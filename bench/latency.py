"""From a label to the exec of the agent's program, step by step, on a warm mirror.

The clock starts when the delivery of the label is stored and stops when the harness has
exec'ed the agent's program: what lies between is ours, the answers of the embedded GitHub
included.
"""

import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from bench.table import Row
from bot.demo.hub import Hub
from bot.demo.project import run
from bot.demo.scene import Scene, scene

LABELS = 15
STEPS = ("stored", "handled", "admitted", "launched", "claimed", "started")
BAR = 400.0
"""Milliseconds, at the median."""


async def rows() -> AsyncIterator[Row]:
    """Label some issues, one after another, and read from the logs when each step was taken."""
    shelf = Path("/dev/shm")
    root = Path(tempfile.mkdtemp(dir=shelf if shelf.is_dir() else None))
    async with scene(root / "scene", tools=_tools(root)) as world:
        repo = await world.repository("project", await _project(root / "project"))
        await world.start("web", "work", "gateway")
        await world.install()
        async with Hub(world.url, world.token) as hub:
            seen = [await _label(hub, world, repo, number) for number in range(LABELS + 1)]
    shutil.rmtree(root, ignore_errors=True)
    for row in _rows(seen[1:]):  # the first one brought the mirror and the tokens
        yield row


def _rows(seen: list[dict[str, float]]) -> Iterator[Row]:
    for before, after in zip(STEPS, STEPS[1:], strict=False):
        took = [(each[after] - each[before]) * 1000 for each in seen]
        yield Row.of(f"label to agent: {before} to {after}", took, "ms")
    whole = [(each[STEPS[-1]] - each[STEPS[0]]) * 1000 for each in seen]
    yield Row.of("label to agent: whole", whole, "ms", bar=BAR)
    print(f"  spread {min(whole):.0f} to {max(whole):.0f} ms", file=sys.stderr)


def _tools(root: Path) -> Path:
    """Offer a `tidy` that has nothing to do, so that its own time does not count."""
    tools = root / "tools"
    (tools / "bin").mkdir(parents=True)
    return tools


async def _project(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "README.md").write_text("# A project\n")
    git = ("git", "-C", str(folder), "-c", "user.name=bench", "-c", "user.email=bench@localhost")
    await run(*git, "init", "--quiet", "--initial-branch=main")
    await run(*git, "add", "--all")
    await run(*git, "commit", "--quiet", "--message", "First")
    return folder


async def _label(hub: Hub, world: Scene, repo: str, number: int) -> dict[str, float]:
    issue = await hub.send("POST", f"/repos/{repo}/issues", {"title": f"Issue {number}"})
    at = f"/repos/{repo}/issues/{issue['number']}"
    began = time.time()
    await hub.send("POST", f"{at}/labels", {"labels": ["agent:tidy"]})
    while (await hub.get(at))["labels"]:
        world.check()
        await asyncio.sleep(0.1)
    return _steps(world, began)


def _steps(world: Scene, since: float) -> dict[str, float]:
    """Find in the logs when each step of the newest run was taken, as Unix time."""
    work = list(_lines(world.log("work"), since))
    handled = next(line for line in work if line.get("outcome", "").startswith("queued run"))
    launched = next(line for line in work if line["event"] == "job.launched")
    found = {
        "stored": _at(_lines(world.log("web"), since), delivery=handled["delivery"]),
        "handled": handled["at"],
        "admitted": _at(work, event="run.admitted"),
        "launched": launched["at"],
        "claimed": _at(_lines(world.log("gateway"), since), event="job.claimed"),
    }
    job = launched["job"]
    offset = time.time() - time.monotonic()
    for text in (world.home / "jobs" / job / "log").read_text().splitlines():
        if '"agent.started"' in text:
            found["started"] = json.loads(text)["monotonic"] + offset
    return found


def _at(lines: Iterable[dict], **fields: str) -> float:
    """Return the time of the first line that has these fields."""
    return next(line["at"] for line in lines if fields.items() <= line.items())


def _lines(log: Path, since: float) -> Iterator[dict]:
    for text in log.read_text().splitlines():
        if text.startswith("{"):
            line = json.loads(text)
            line["at"] = datetime.fromisoformat(line["timestamp"]).timestamp()
            if line["at"] >= since:
                yield line
