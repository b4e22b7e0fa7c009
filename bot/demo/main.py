"""`greenroom demo`: set everything up, do the main job, and say what came of it."""

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.demo.brain import WANTS, Brain, found, missing, toolbox
from bot.demo.hub import Hub
from bot.demo.inner import loop
from bot.demo.job import LABEL, Job, Seen
from bot.demo.project import STAMINA, Project, fetch, make_repository, passes, run
from bot.demo.scene import Scene, scene
from bot.demo.tour import Tour, Wanted, check, checks_of, clone, name_of
from bot.model.errors import Misconfigured, Unavailable

INTERRUPTED = 130
"""Exit status of a job that Ctrl-C ended, as shells have it."""

LOOKS = 1.0
"""Seconds between two looks whether everything is still up."""

WITHIN = 120.0
"""Seconds that the job may take."""


class Progress:
    """Tells on stderr what happens, and when."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, words: str) -> None:
        """Write one line."""
        sys.stderr.write(f"{time.monotonic() - self._began:6.1f} s  {words}\n")
        sys.stderr.flush()


def demo(wanted: Wanted | None) -> int:
    """Run the demo; return the exit status.

    Without `wanted` the main job is done once, and the status is 0 only when GitHub shows all
    that it should.

    Raises:
        Misconfigured: what is wanted cannot be had, or a program is missing.
    """
    if wanted:
        check(wanted)
    root = Path(tempfile.mkdtemp(prefix="greenroom-demo-"))
    try:
        status = asyncio.run(_until_told(_walk(wanted, root) if wanted else _once(root)))
    except asyncio.CancelledError:
        status = 0 if wanted else INTERRUPTED
    except Misconfigured:
        shutil.rmtree(root, ignore_errors=True)
        raise
    except Unavailable as problem:
        sys.stderr.write(f"greenroom demo: {problem}\nThe logs are in {root / 'scene'}.\n")
        return os.EX_UNAVAILABLE
    shutil.rmtree(root, ignore_errors=True)
    return status


async def _until_told(work: Coroutine[Any, Any, int]) -> int:
    """Run until SIGINT or SIGTERM, and then clean up undisturbed by any more of them."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    told: list[bool] = []

    def end() -> None:
        if not told:
            told.append(task.cancel())

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    return await task


async def _walk(wanted: Wanted, root: Path) -> int:
    """Set a place up, say where it is, and leave it to people until Ctrl-C."""
    tell = Progress()
    cache = _cache()
    tools = _toolbox(cache)
    if wanted.repo:
        tell(f"cloning {wanted.repo}, which itself is only read")
        name, source = name_of(wanted.repo), await clone(wanted.repo, root / "source")
        ci = wanted.ci
    else:
        name, source = STAMINA.name, await _stamina(cache, root, tell)
        ci = wanted.ci or checks_of(STAMINA)
    brain = found(os.environ)
    async with scene(root / "scene", tools=tools, hub_port=wanted.port) as world:
        if brain:
            _put_in(brain, world, cache / "agent")
        repo = await world.repository(name, source)
        await world.start("web", "work", "gateway")
        await world.install()
        tell(f"the app runs: web, work, gateway; installed on {world.owner}")
        await Tour(world, repo, tell).prepare(ci, tools)
        tell(_of_brain(brain))
        tell(f"logs are in {world.root}; Ctrl-C ends and removes everything")
        sys.stdout.write(f"{world.url}/{repo}/issues\n")
        sys.stdout.flush()
        while True:
            world.check()
            await asyncio.sleep(LOOKS)


def _put_in(brain: Brain, world: Scene, cache: Path) -> None:
    """Have a real agent run what `agent:fix` starts."""
    world.runtime, world.models = brain.runtime, brain.settings
    world.agent = toolbox(brain, cache)


def _of_brain(brain: Brain | None) -> str:
    if brain is None:
        return f"agent:fix asks no model; of the real agents {missing(os.environ)}"
    key = WANTS[brain.runtime][0]
    return f"agent:fix is {brain.program}, with {key}; its comment tells what it costs"


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "greenroom"


async def _stamina(cache: Path, root: Path, tell: Progress) -> Path:
    if not (cache / STAMINA.package).exists():
        tell(f"fetching the source of {STAMINA.name} {STAMINA.version}, which takes a minute once")
    return await make_repository(await fetch(STAMINA, cache), root / "source")


async def _once(root: Path) -> int:
    """Do the main job once, and print what came of it."""
    tell = Progress()
    cache = _cache()
    tools = _toolbox(cache)
    source = await _stamina(cache, root, tell)
    async with scene(root / "scene", tools=tools) as world:
        tell(f"embedded GitHub at {world.url}")
        repo = await world.repository(STAMINA.name, source)
        await world.start("web", "work", "gateway")
        await world.install()
        tell(f"the app runs: web, work, gateway; installed on {repo}")
        failed_before = not await passes(STAMINA, source, tools / "bin")
        tell(f"the project's own checks {'fail' if failed_before else 'pass'} on its main branch")
        async with Hub(world.url, world.token) as hub:
            seen = await Job(hub, repo, tell, world.check).run("Format and lint the code", WITHIN)
            tell("and now the inner loop: an agent breaks a test, is told which, and mends it")
            looped, lacks = await loop(world, hub, tell, WITHIN)
        passes_now = await _passes_at_head(STAMINA, world, repo, seen, tools)
        tell(f"the checks {'pass' if passes_now else 'fail'} on the pull request's head")
        sys.stdout.write(json.dumps({**_result(world, seen), "inner_loop": looped}) + "\n")
        sys.stdout.flush()
        wrong = [*_wrong(seen), *([] if failed_before and passes_now else ["the checks"]), *lacks]
        for what in wrong:
            tell(f"not as it should be: {what}")
    return 1 if wrong else 0


def _toolbox(cache: Path) -> Path:
    """Offer agents the formatter that is installed beside this app.

    Raises:
        Misconfigured: there is none.
    """
    found = shutil.which("ruff", path=f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}")
    if found is None:
        raise Misconfigured("ruff is not installed: run `make install`.")
    tools = cache / "toolbox"
    (tools / "bin").mkdir(parents=True, exist_ok=True)
    fresh = tools / "bin" / "ruff.new"
    shutil.copy(found, fresh)
    fresh.replace(tools / "bin" / "ruff")
    return tools


async def _passes_at_head(
    project: Project, world: Scene, repo: str, seen: Seen, tools: Path
) -> bool:
    """Clone the pull request's head as anybody would, and run the project's checks there."""
    tree = world.root / "head"
    branch, url = seen.pull["head"]["ref"], f"{world.url}/{repo}.git"
    cloned = await run("git", "clone", "--quiet", "--branch", branch, url, str(tree))
    return cloned == 0 and await passes(project, tree, tools / "bin")


def _result(world: Scene, seen: Seen) -> dict[str, Any]:
    return {
        "conclusion": seen.check["conclusion"],
        "issue": seen.issue["number"],
        "pull_request": seen.pull["number"],
        "check_run": seen.check["id"],
        "comments": len(seen.comments),
        "files_changed": len(seen.files),
        "seconds": round(seen.seconds, 3),
        "seconds_to_ack": round(seen.to_ack, 3),
        "seconds_to_agent": round(_agent_started(world) - seen.labelled_at, 3),
    }


def _agent_started(world: Scene) -> float:
    """Read from the gateway's log when the agent's job came up, as Unix time."""
    for line in world.log("gateway").read_text().splitlines():
        event = json.loads(line)
        if event.get("event") == "job.claimed":
            return datetime.fromisoformat(event["timestamp"]).timestamp()
    raise Unavailable("gateway", "its log tells of no job", retry_after=0)


def _wrong(seen: Seen) -> list[str]:
    """Say what GitHub does not show as it should."""
    body, number = seen.pull["body"] or "", seen.issue["number"]
    said = "".join(comment["body"] for comment in seen.comments)
    should = {
        "the check run's conclusion": seen.check["conclusion"] == "success",
        "the check run's head": seen.check["head_sha"] == seen.pull["head"]["sha"],
        "one comment": len(seen.comments) == 1,
        "the comment names the pull request": f"#{seen.pull['number']}" in said,
        "the pull request links the issue": f"#{number}" in body,
        "the pull request says what was run": "ruff" in body,
        "a diff": bool(seen.files) and all(file["patch"] for file in seen.files),
        "the label is gone": LABEL not in [label["name"] for label in seen.issue["labels"]],
        "eyes within two seconds": seen.to_ack < 2,  # noqa: PLR2004 - what is promised
    }
    return [what for what, holds in should.items() if not holds]
