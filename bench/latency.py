"""From a label to the exec of the agent's program, step by step, on a warm mirror.

The clock starts when the delivery of the label is stored and stops when the harness has
exec'ed the agent's program: what lies between is ours, the answers of the embedded GitHub
included.
"""

import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from bench import steps
from bench.place import scratch
from bench.table import Row
from bot.demo.hub import Hub
from bot.demo.project import run
from bot.demo.scene import Scene, scene

LABELS = 15
STEPS = ("stored", "handled", "admitted", "launched", "claimed", "started")
FILES = {"README.md": "# A project\n"}
BAR = 400.0
"""Milliseconds, at the median."""


async def rows() -> list[Row]:
    """Label some issues, one after another, and read from the logs when each step was taken."""
    with scratch() as root:
        source = await project(root / "project")
        async with scene(root / "scene") as world:
            repo = await world.repository("project", source)
            await world.start("web", "work", "gateway")
            await world.install()
            async with Hub(world.url, world.token) as hub:
                await _label(hub, world, repo, 0)  # brings the mirror and the tokens
                seen = [await _label(hub, world, repo, number) for number in range(1, LABELS + 1)]
    return steps.rows("label to agent", STEPS, seen, at_most=BAR)


async def project(folder: Path, files: Mapping[str, str] = FILES) -> Path:
    """Make a repository with these files, by path."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    git = ("git", "-C", str(folder), "-c", "user.name=bench", "-c", "user.email=bench@localhost")
    await run(*git, "init", "--quiet", "--initial-branch=main")
    await run(*git, "add", "--all")
    await run(*git, "commit", "--quiet", "--message", "First")
    return folder


async def _label(hub: Hub, world: Scene, repo: str, number: int) -> steps.Taken:
    issue = await hub.send("POST", f"/repos/{repo}/issues", {"title": f"Issue {number}"})
    at = f"/repos/{repo}/issues/{issue['number']}"
    began = time.time()
    await hub.send("POST", f"{at}/labels", {"labels": ["agent:tidy"]})
    while (await hub.get(at))["labels"]:
        world.check()
        await asyncio.sleep(0.1)
    print(f"  label {number} of {LABELS}", file=sys.stderr, flush=True)
    return _taken(world, began)


def _taken(world: Scene, since: float) -> steps.Taken:
    """Find in the logs when each step of the newest run was taken."""
    work = list(steps.lines(world.log("work"), since))
    handled = next(line for line in work if "queued run" in line.get("outcome", ""))
    launched = steps.first(work, event="job.launched")
    web, gateway = (steps.lines(world.log(name), since) for name in ("web", "gateway"))
    return {
        "stored": steps.first(web, delivery=handled["delivery"])["at"],
        "handled": handled["at"],
        "admitted": steps.first(work, event="run.admitted")["at"],
        "launched": launched["at"],
        "claimed": steps.first(gateway, event="job.claimed")["at"],
        "started": steps.agent_started(world.home / "jobs", launched["job"]),
    }
