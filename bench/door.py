"""The way of a request to a model and back, against the model asked without anything between.

Agents in boxes ask a scripted model: through the relay in the box, the harness's door and the
gateway, which keeps their budgets in the database.  Then the gateway alone, on one core, has
two hundred answers under way at once; the same are listened to without it.
"""

import asyncio
import inspect
import json
import os
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from statistics import median

import aiohttp

from bench import asks, steps
from bench.copies import copied
from bench.latency import project
from bench.place import scratch
from bench.rest import used
from bench.streams import Heard, Listen
from bench.table import Row, bounded, compared
from bot.demo.hub import Hub
from bot.demo.scene import Scene, scene
from bot.gateway.models import AT_ONCE

ROUNDS = 9
FIRST = 5.0
"""Milliseconds that the first byte may come later, at the median."""

STREAMS = 200
PACE = 0.05
"""Seconds between two events of an answer, of which a model sends some twenty a second."""

LISTENS = 3
STALL = 250.0
"""Milliseconds of silence that a person would begin to notice."""

SHORT = {"say": "Well met. " * 8, "usage": {"input": 1000, "output": 100}}
LONG = {"say": "Well met. " * 240, "pace": PACE, "usage": {"input": 1000, "output": 1000}}
KEY = "the-key-of-the-provider"

AGENT = """\
---
name: asks
description: Asks a model
greenroom:
  runtime: command
  command: [env, {lasts}, /opt/greenroom/python/bin/python3, -I, asks.py]
  model: {model}
  on: {{label: agent:{name}}}
  outputs: {{comment: {{max: 1}}}}
---
"""


async def rows() -> list[Row]:
    """Measure the first bytes of answers, one after another; then many answers at once."""
    with scratch() as root:
        async with model(root / "script.json") as (address, pid):
            found = await _asked(root, address, pid)
    return found


@asynccontextmanager
async def model(script: Path) -> AsyncIterator[tuple[str, int]]:
    """Start a scripted model; gives its address and its process."""
    script.write_text(json.dumps({"turns": [SHORT]}))  # noqa: ASYNC240 - nothing else runs yet
    words = ("-m", "bot", "model", f"--script={script}", f"--key={KEY}")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield (await process.stdout.readline()).decode().strip(), process.pid
    finally:
        process.terminate()
        await process.wait()


async def _asked(root: Path, address: str, pid: int) -> list[Row]:
    program = inspect.getsource(asks)
    agents = {
        f".github/agents/{name}.md": AGENT.format(
            name=name, model=asks.MODEL, lasts=f"LASTS={lasts}"
        )
        for name, lasts in {"asks": asks.LEAST, "stays": 3600}.items()
    }
    source = await project(root / "project", {"asks.py": program, **agents})
    settings = {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": address}
    async with scene(root / "scene", models=settings) as world:
        repo = await world.repository("project", source)
        await world.start("web", "work", "gateway")
        await world.install()
        async with Hub(world.url, world.token) as hub:
            first = await _first(world, hub, repo, address)
            await _label(hub, repo, "stays")
            await _printed(world, 0)
        return [*first, *await _many(world, address, pid)]


async def _first(world: Scene, hub: Hub, repo: str, address: str) -> list[Row]:
    ours, direct = [], []
    for number in range(ROUNDS):
        since = await _label(hub, repo, "asks")
        ours.append(median(await _printed(world, since)))
        direct.append(median(await _directly(address)))
        print(f"  round {number + 1} of {ROUNDS}", file=sys.stderr, flush=True)
    later = [our - their for our, their in zip(ours, direct, strict=True)]
    return [
        compared("first byte of an answer", "ms", ours, direct),
        bounded("first byte of an answer: later", "ms", later, at_most=FIRST),
    ]


async def _label(hub: Hub, repo: str, agent: str) -> float:
    """Put an agent to work; return when, as Unix time."""
    issue = await hub.send("POST", f"/repos/{repo}/issues", {"title": "Ask"})
    since = time.time()
    at = f"/repos/{repo}/issues/{issue['number']}/labels"
    await hub.send("POST", at, {"labels": [f"agent:{agent}"]})
    return since


async def _printed(world: Scene, since: float) -> list[float]:
    """Return what the agent of the newest job has printed."""
    while True:
        world.check()
        await asyncio.sleep(0.05)
        launched = [each for each in _work(world, since) if each["event"] == "job.launched"]
        log = world.home / "jobs" / launched[-1]["job"] / "agent.log" if launched else None
        if log and log.exists() and (told := log.read_text()).endswith("\n"):
            return json.loads(told)


def _work(world: Scene, since: float) -> list[steps.Line]:
    return list(steps.lines(world.log("work"), since))


async def _directly(address: str) -> list[float]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", asks.__file__),
        env={"ANTHROPIC_BASE_URL": address, "ANTHROPIC_API_KEY": KEY, "LASTS": "0"},
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    return json.loads(told)


async def _many(world: Scene, address: str, model: int) -> list[Row]:
    """Copy a job that lives, and have all of them listen to the model at once, in turn with us."""
    await world.kill("work")  # which would miss the jobs' processes
    tokens = [f"token-{number}" for number in range(STREAMS // AT_ONCE)]
    with closing(sqlite3.connect(world.home / "greenroom.db", timeout=30)) as database:
        (run,) = database.execute("SELECT id FROM runs WHERE compute = 'live'").fetchone()
        own = [{"run_hash": sha256(token.encode()).hexdigest()} for token in tokens]
        copied(database, run, range(len(tokens)), own.__getitem__)
        database.commit()
    gateway = world.processes["gateway"].pid
    path = "/v1/messages"
    through = Listen(
        url=f"http://greenroom/models/anthropic{path}",
        tokens=tokens * AT_ONCE,
        key="greenroom",
        socket=str(world.home / "gateway/gateway.sock"),
    )
    direct = Listen(url=f"{address}{path}", tokens=through.tokens, key=KEY)
    async with aiohttp.ClientSession() as http:
        await http.put(f"{address}/_scripted/script", json={"turns": [LONG]})
    ours, theirs, shares = [], [], []
    with held(gateway, 0), held(model, 1):
        for number in range(LISTENS):
            before, began = used(gateway), time.monotonic()
            ours.append(await _heard(through))
            shares.append((used(gateway) - before) / (time.monotonic() - began) * 100)
            theirs.append(await _heard(direct))
            print(f"  {STREAMS} streams, {number + 1} of {LISTENS}", file=sys.stderr, flush=True)
    silent = [max(each.silence) for each in ours]
    what = f"{STREAMS} answers at once"
    return [
        compared(f"{what}: longest silence", "ms", silent, [max(each.silence) for each in theirs]),
        bounded(
            f"{what}: longest silence, above the script's",
            "ms",
            [each - PACE * 1000 for each in silent],
            at_most=STALL,
        ),
        compared(
            f"{what}: last first byte",
            "ms",
            [max(each.first) for each in ours],
            [max(each.first) for each in theirs],
        ),
        Row(
            name=f"{what}: processor of the gateway",
            value=round(median(shares), 1),
            unit="% of a core",
        ),
    ]


async def _heard(task: Listen) -> Heard:
    words = (sys.executable, "-m", "bench.streams")
    process = await asyncio.create_subprocess_exec(
        *("taskset", "-c", "1", *words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate(json.dumps(asdict(task)).encode())
    return Heard(**json.loads(told))


@contextmanager
def held(pid: int, core: int) -> Iterator[None]:
    """Keep all threads of a process on one core."""
    before = os.sched_getaffinity(pid)
    _keep(pid, {core})
    try:
        yield
    finally:
        _keep(pid, before)


def _keep(pid: int, cores: Collection[int]) -> None:
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), cores)
