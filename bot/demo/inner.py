"""The inner loop, watched from outside: what the check run on a pull request's head says of it."""

import asyncio
import shutil
from typing import Any

from bot.demo import tally
from bot.demo.brain import SEEN
from bot.demo.hub import Hub
from bot.demo.job import Job, Seen, Tell
from bot.demo.scene import Scene
from bot.sandbox import probe


def cannot_build() -> str:
    """Say why no image can be built here; empty where one can.  Blocks for a moment."""
    if not shutil.which("buildah", path=":".join(SEEN)):
        return "buildah is not installed"
    return probe.cannot_build()


async def loop(
    world: Scene, hub: Hub, tell: Tell, within: float
) -> tuple[dict[str, Any], list[str]]:
    """Have an issue mended; return what came of it, and what is not as it should be.

    Raises:
        Unavailable: it was not done `within` these seconds.
    """
    if lack := await asyncio.to_thread(cannot_build):
        tell(f"no validation builds an image: {lack}")
    builds = not lack
    repo = await world.found(tally.NAME, tally.files(builds=builds))
    job = Job(hub, repo, tell, world.check, tally.LABEL)
    seen = await job.run(tally.TITLE, within, tally.body(builds=builds))
    head = seen.pull["head"]["sha"]
    commit = await hub.get(f"/repos/{repo}/git/commits/{head}")
    for line in _rows(seen):
        tell(f"check run: {line.strip('| ')}")
    result = {
        "conclusion": seen.check["conclusion"],
        "pull_request": seen.pull["number"],
        "validations": len(_rows(seen)),
        "image": builds,
        "seconds": round(seen.seconds, 3),
    }
    return result, _wrong(seen, commit["tree"]["sha"], builds=builds)


def _rows(seen: Seen) -> list[str]:
    """Return what the check run says of each validation."""
    lines = (seen.check["output"]["summary"] or "").splitlines()
    return [line for line in lines if line.startswith("| `")]


def _wrong(seen: Seen, tree: str, *, builds: bool) -> list[str]:
    """Say what GitHub does not show as it should."""
    summary = seen.check["output"]["summary"] or ""
    first = next(iter(_rows(seen)), "")
    holds = next((line for line in summary.splitlines() if line.startswith("For exactly")), "")
    should = {
        "the check run's conclusion": seen.check["conclusion"] == "success",
        "the check run's head": seen.check["head_sha"] == seen.pull["head"]["sha"],
        "the test that failed, by name": "`unit` | ❌ failed" in first and tally.BROKEN in first,
        "evidence for the head's tree": f"`{tree[:12]}`" in holds,
        "unit on it": "`unit` ✅ passed" in holds,
        "an image of it": not builds or ("`image` ✅ passed" in holds and "sha256:" in summary),
    }
    return [what for what, right in should.items() if not right]
