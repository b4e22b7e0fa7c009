"""From a label to the exec of the agent's program, step by step, on a warm mirror.

The clock starts when the delivery of the label is stored and stops when the harness has
exec'ed the agent's program: what lies between is ours, the answers of the embedded GitHub
included.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median

from bench.place import scratch
from bench.table import Row, bounded
from bot.demo.hub import Hub
from bot.demo.project import run
from bot.demo.scene import Scene, scene

LABELS = 15
STEPS = ("stored", "handled", "admitted", "launched", "claimed", "started")
BAR = 400.0
"""Milliseconds, at the median."""


async def rows() -> list[Row]:
    """Label some issues, one after another, and read from the logs when each step was taken."""
    with scratch() as root:
        source = await _project(root / "project")
        async with scene(root / "scene") as world:
            repo = await world.repository("project", source)
            await world.start("web", "work", "gateway")
            await world.install()
            async with Hub(world.url, world.token) as hub:
                await _label(hub, world, repo, 0)  # brings the mirror and the tokens
                seen = [await _label(hub, world, repo, number) for number in range(1, LABELS + 1)]
    whole = bounded("label to agent", "ms", _between(seen, STEPS[0], STEPS[-1]), at_most=BAR)
    return [*_steps(seen), whole]


def _steps(seen: list[dict[str, float]]) -> Iterator[Row]:
    for before, after in pairwise(STEPS):
        took = _between(seen, before, after)
        spread = (round(min(took), 1), round(max(took), 1))
        name = f"label to agent: {before} to {after}"
        yield Row(name=name, value=round(median(took), 1), unit="ms", spread=spread)


def _between(seen: list[dict[str, float]], before: str, after: str) -> list[float]:
    return [(each[after] - each[before]) * 1000 for each in seen]


async def _project(folder: Path) -> Path:
    (folder / "docs").mkdir(parents=True)
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
    print(f"  label {number} of {LABELS}", file=sys.stderr, flush=True)
    return _taken(world, began)


def _taken(world: Scene, since: float) -> dict[str, float]:
    """Find in the logs when each step of the newest run was taken, as Unix time."""
    work = list(_lines(world.log("work"), since))
    handled = next(line for line in work if line.get("outcome", "").startswith("queued run"))
    launched = next(line for line in work if line["event"] == "job.launched")
    offset = time.time() - time.monotonic()
    log = (world.home / "jobs" / launched["job"] / "log").read_text().splitlines()
    started = next(json.loads(text) for text in log if '"agent.started"' in text)
    return {
        "stored": _at(_lines(world.log("web"), since), delivery=handled["delivery"]),
        "handled": handled["at"],
        "admitted": _at(work, event="run.admitted"),
        "launched": launched["at"],
        "claimed": _at(_lines(world.log("gateway"), since), event="job.claimed"),
        "started": started["monotonic"] + offset,
    }


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
