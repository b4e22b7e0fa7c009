"""From red CI to the exec of the agent's program, again and with its session, on a warm mirror.

The clock starts when the delivery that says that CI has ended is stored, and stops when the
harness of the next job has exec'ed the agent's program.  CI is GitHub Actions: its log is
fetched, and so is what people have said meanwhile; the answers of the embedded GitHub are
included.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import connect

from bench import steps
from bench.latency import FILES, project
from bench.place import scratch
from bench.table import Row
from bot.clocks import move_clock
from bot.demo.hub import Hub
from bot.demo.scene import Scene, scene
from bot.work.ciwatch import SPACING

WAKES = 15
STEPS = ("stored", "handled", "seen", "admitted", "launched", "claimed", "started")
BAR = 600.0
"""Milliseconds, at the median."""

AGENT = """\
---
name: mend
description: Applies a change
greenroom:
  runtime: playbook
  on: {label: agent:mend}
  context: thread
  outputs: {pull_request: {max: 1}, push: {max: 1}}
  waits: [ci]
---
"""

BODY = """\
```diff
--- a/README.md
+++ b/README.md
@@ -1 +1 @@
-# A project
+# Project NUMBER
```
"""

RED = ["sh", "-c", "echo 'README.md:1: error: wrong'; exit 1"]
LASTS = 7200.0
"""Seconds of CI on everybody's clock, which is moved once a run is parked."""

ALMOST = 60.0
"""Of these, the last: the look that time alone brings about is over when they begin."""

PARKED = """
SELECT count(*) FROM runs JOIN waits ON waits.run = runs.id
WHERE number = ? AND reason = 'ci' AND state = 'parked' AND compute = 'none'
"""


async def rows() -> list[Row]:
    """Have CI fail for some runs, one after another, and read when each step was taken."""
    with scratch() as root:
        async with awake(root) as runs:
            seen = []
            for number in range(WAKES):
                seen.append(await runs.wake())
                print(f"  wake {number + 1} of {WAKES}", file=sys.stderr, flush=True)
    return steps.rows("red CI to agent", STEPS, seen, at_most=BAR)


def took(taken: steps.Taken) -> float:
    """Return the milliseconds of all steps of a wake."""
    return (taken[STEPS[-1]] - taken[STEPS[0]]) * 1000


@dataclass(kw_only=True)
class Waking:
    """An app, and runs in it that wait for CI.

    Attributes:
        begun: how many runs there were, whose CI has ended.
    """

    hub: Hub
    world: Scene
    repo: str
    begun: int = 0

    async def wake(self) -> steps.Taken:
        """Bring a run to where it waits, and wake it."""
        return await self.go_on(await self.park())

    async def go_on(self, at: str) -> steps.Taken:
        """Let CI of the run that waits fail, and stop it once it has gone on."""
        self.begun += 1
        moved = LASTS * self.begun
        move_clock(self.world.clock, moved - ALMOST)
        await asyncio.sleep(2 * SPACING)
        began = time.time()
        move_clock(self.world.clock, moved)
        await _until(self.world, lambda: _started(self.world, began))
        await self.hub.send("PATCH", at, {"state": "closed"})
        return _taken(self.world, began)

    async def park(self) -> str:
        """Bring a run to where it waits; return the path of its issue."""
        new = {"title": f"Issue {self.begun}", "body": BODY.replace("NUMBER", str(self.begun))}
        issue = await self.hub.send("POST", f"/repos/{self.repo}/issues", new)
        at = f"/repos/{self.repo}/issues/{issue['number']}"
        await self.hub.send("POST", f"{at}/labels", {"labels": ["agent:mend"]})
        await _until(self.world, lambda: _parked(self.world, issue["number"]))
        return at


@asynccontextmanager
async def awake(root: Path) -> AsyncIterator[Waking]:
    """Start an app beside CI that fails; its mirror is warm, and so are its tokens."""
    source = await project(root / "project", {**FILES, ".github/agents/mend.md": AGENT})
    async with scene(root / "scene") as world:
        repo = await world.repository("project", source)
        async with Hub(world.url) as control:
            ci = {"owner": world.owner, "name": "project", "command": RED, "delay": LASTS}
            await control.send("POST", "/_devhub/ci", {**ci, "actions": True})
        await world.start("web", "work", "gateway")
        await world.install()
        async with Hub(world.url, world.token) as hub:
            runs = Waking(hub=hub, world=world, repo=repo)
            await runs.wake()
            yield runs


async def _until(world: Scene, holds: Callable[[], bool]) -> None:
    while not holds():
        world.check()
        await asyncio.sleep(0.1)


def _parked(world: Scene, number: int) -> bool:
    with closing(connect(world.home / "greenroom.db")) as database:
        return bool(database.execute(PARKED, (number,)).fetchone()[0])


def _started(world: Scene, since: float) -> bool:
    launched = [each for each in _work(world, since) if each["event"] == "job.launched"]
    log = world.home / "jobs" / launched[0]["job"] / "log" if launched else None
    return log is not None and log.exists() and '"agent.started"' in log.read_text()


def _work(world: Scene, since: float) -> list[steps.Line]:
    return list(steps.lines(world.log("work"), since))


def _taken(world: Scene, since: float) -> steps.Taken:
    """Find in the logs when each step of the wake was taken.

    The delivery is that of the check suite; of its check runs and workflow others have told.
    """
    work = _work(world, since)
    web, gateway = (list(steps.lines(world.log(name), since)) for name in ("web", "gateway"))
    stored = steps.first(web, event_name="check_suite")
    launched = steps.first(work, event="job.launched")
    return {
        "stored": stored["at"],
        "handled": steps.first(work, delivery=stored["delivery"])["at"],
        "seen": steps.first(work, event="ci.red")["at"],
        "admitted": steps.first(work, event="run.admitted")["at"],
        "launched": launched["at"],
        "claimed": steps.first(gateway, event="job.claimed")["at"],
        "started": steps.agent_started(world.home / "jobs", launched["job"]),
    }
