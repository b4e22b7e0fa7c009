"""How soon real agents ask their model, as jobs, against the same agents started by hand.

The clock starts when the harness knows its job, and stops when the first request of the agent
has come to the model: with the relay, the door, the gateway, what it sets aside, and our tools.
By hand the same program is started in the same box with the same brief, but the box has the
host's network, and the addresses are the model's own and that of a plain server of the same
tools, by the same package, which is up already: Codex waits for its tools, ours or not.

The bar is for settings that are the same but for `SPARED`, since what Greenroom has an agent
leave out is time that its users save; a second row, without a bar, has those too by hand.

Agents are measured that are installed for the tests (`python -m tests.real.programs NAME`).
"""

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from aiohttp import web

from bench import steps
from bench.latency import FILES, project
from bench.place import scratch
from bench.table import Row, compared
from bot.agents import models
from bot.agents.base import Driver, Start
from bot.agents.codex import Codex
from bot.agents.gemini import Gemini
from bot.agents.opencode import Opencode
from bot.demo.hub import Hub
from bot.demo.scene import Scene, scene
from bot.gateway import mcp
from bot.harness.agent import _write
from bot.harness.boxes import for_agent
from bot.harness.program import bubblewrap
from bot.model.runs import JobPlan, RuntimeName
from bot.rules import agenttools
from bot.rules.agenttools import Said
from bot.sandbox.box import Descriptors, argv
from bot.sandbox.folder import JobFolder, Order
from bot.sandbox.seccomp import program
from bot.scripted.server import Came, Model, scripted
from bot.store.jobs import PLAN
from tests.real.programs import MODELS, PROGRAMS, _folder

ROUNDS = 7
RATIO = 1.15
KEY = "the-key-of-the-provider"
SPARED = ("--disable", "shell_snapshot")
"""What is no part of a program's words by hand: Codex makes this snapshot unless told not to."""

SCRIPT = {"turns": [{"say": "Nothing is to be done."}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """An agent: its driver, and how the gateway is told of its provider.

    Attributes:
        base: what its programs are told in a box, up to where the provider's own address has it.
        version: the end of the address that the gateway is told.
    """

    driver: type[Driver]
    provider: str
    key: str
    address: str
    base: str
    version: str = ""


KINDS: Mapping[RuntimeName, Kind] = {
    "gemini": Kind(
        driver=Gemini,
        provider="gemini",
        key="GEMINI_API_KEY",
        address="GEMINI_BASE_URL",
        base=models.GEMINI,
    ),
    "opencode": Kind(
        driver=Opencode,
        provider="compatible",
        key="OPENAI_COMPATIBLE_KEY",
        address="OPENAI_COMPATIBLE_URL",
        base=models.COMPATIBLE,
        version="/v1",
    ),
    "codex": Kind(
        driver=Codex,
        provider="openai",
        key="OPENAI_API_KEY",
        address="OPENAI_BASE_URL",
        base=models.OPENAI,
        version="/v1",
    ),
}

AGENT = """\
---
name: asks
description: Asks its model
greenroom:
  runtime: default
  model: {model}
  on: {{label: agent:asks}}
  outputs: {{comment: {{max: 1}}}}
---
"""

PRICES = """\
models:
  {provider}:
    {model}: {{input: 1, output: 10, context: 200000, most_output: 8000}}
"""


class Arrivals(deque[Came]):
    """What has come, and when the first of it has, by the monotonic clock."""

    def __init__(self) -> None:
        super().__init__(maxlen=100)
        self.first: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def append(self, came: Came) -> None:
        super().append(came)
        if not self.first.done():
            self.first.set_result(time.monotonic())


async def rows() -> AsyncIterator[Row]:
    """Measure each agent that is installed."""
    for name, kind in KINDS.items():
        folder = _folder(PROGRAMS[name])
        if not (folder / "bin" / name).exists():
            print(f"  {name} is not installed", file=sys.stderr, flush=True)
            continue
        with scratch() as root:
            async with scripted(SCRIPT, key=KEY) as model:
                for row in await _of(root, name, kind, folder, model):
                    yield row


async def _of(
    root: Path, name: RuntimeName, kind: Kind, tools: Path, model: Model
) -> tuple[Row, ...]:
    asks = AGENT.format(model=MODELS[name])
    source = await project(root / "project", {**FILES, ".github/agents/asks.md": asks})
    prices = root / "models.yml"
    prices.write_text(PRICES.format(provider=kind.provider, model=MODELS[name]))
    at = model.address + kind.version
    known = {kind.key: KEY, kind.address: at, "GREENROOM_MODELS": str(prices)}
    async with scene(root / "scene", runtime=name, agent=tools, models=known) as world:
        repo = await world.repository("project", source)
        await world.start("web", "work", "gateway")
        await world.install()
        async with Hub(world.url, world.token) as hub, _tools() as address:
            pair = Pair(
                world=world,
                hub=hub,
                repo=repo,
                source=source,
                kind=kind,
                model=model,
                tools=address,
            )
            await pair.job()  # brings the mirror, the tokens and the program into memory
            ours, byhand, spared = [], [], []
            for number in range(ROUNDS):
                ours.append(await pair.job())
                byhand.append(await pair.byhand(root / f"hand-{number}"))
                spared.append(await pair.byhand(root / f"spared-{number}", spared=True))
                print(f"  {name}, {number + 1} of {ROUNDS}", file=sys.stderr, flush=True)
    what = f"{name} to its first request"
    return (
        compared(what, "ms", ours, byhand, at_most=RATIO),
        compared(f"{what}, all settings by hand too", "ms", ours, spared),
    )


@dataclass(kw_only=True)
class Pair:
    """One agent, as jobs of an app and started by hand.

    Attributes:
        tools: address of the server of tools that stands by for what is started by hand.
    """

    world: Scene
    hub: Hub
    repo: str
    source: Path
    kind: Kind
    model: Model
    tools: str
    order: Order | None = field(default=None, init=False)

    async def job(self) -> float:
        """Have a job ask; return the milliseconds that it took."""
        came = self._listens()
        issue = await self.hub.send("POST", f"/repos/{self.repo}/issues", {"title": "Ask"})
        since = time.time()
        at = f"/repos/{self.repo}/issues/{issue['number']}/labels"
        await self.hub.send("POST", at, {"labels": ["agent:asks"]})
        arrived = await self._first(came)
        launched = steps.first(steps.lines(self.world.log("work"), since), event="job.launched")
        folder = JobFolder(self.world.home / "jobs" / launched["job"])
        self.order = folder.read_order()
        claimed = _said(folder.log, "harness.claimed")
        while folder.pid.exists() and not folder.exit.exists():  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.1)
        return (arrived - claimed) * 1000

    async def byhand(self, folder: Path, *, spared: bool = False) -> float:
        """Start the agent without us, after a job; return the milliseconds that it took to ask."""
        assert self.order is not None
        came = self._listens()
        with _started(
            JobFolder(folder), self.order, self._plain(spared=spared), self._plan(), self.source
        ) as began:
            return (await self._first(came) - began) * 1000

    def _listens(self) -> Arrivals:
        self.model.forget()
        self.model.came = Arrivals()
        return self.model.came

    async def _first(self, came: Arrivals) -> float:
        async with asyncio.timeout(60):
            return await came.first

    def _plan(self) -> JobPlan:
        with closing(sqlite3.connect(self.world.home / "greenroom.db", timeout=30)) as database:
            (plan,) = database.execute("SELECT plan FROM jobs ORDER BY rowid DESC").fetchone()
        return PLAN.validate_python(json.loads(plan))

    def _plain(self, *, spared: bool) -> Start:
        """Return how it is started by hand: it asks the model itself, and a server of tools."""
        what = self.kind.driver().start(self._plan())
        words = what.program if spared else _unspared(what.program)
        return replace(
            what,
            program=tuple(map(self._direct, words)),
            environment={k: _known(self._direct(v)) for k, v in what.environment.items()},
            home={k: _known(self._direct(v)) for k, v in what.home.items()},
            port=None,
        )

    def _direct(self, text: str) -> str:
        """Put other addresses in place of those of a job's door."""
        at = self.model.address + self.kind.version
        return text.replace(self.kind.base, at).replace(models.TOOLS, self.tools)


@asynccontextmanager
async def _tools() -> AsyncIterator[str]:
    """Serve the tools that the agent has under Greenroom; gives the address."""
    tools = agenttools.offered({"comment": 1})

    async def call(tool: str, _given: Mapping[str, object]) -> Said:
        return Said(text=f"There is no {tool} here.", refused=True)

    async def answer(request: web.Request) -> web.Response:
        return await mcp.exchange(request, await request.read(), tools, call)

    app = web.Application()
    app.router.add_post("/mcp", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        _, port, *_ = runner.addresses[0]
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        await runner.cleanup()


def _unspared(words: tuple[str, ...]) -> tuple[str, ...]:
    size = len(SPARED)
    found = (n for n in range(len(words)) if words[n : n + size] == SPARED)
    return next((words[:n] + words[n + size :] for n in found), words)


def _known(text: str) -> str:
    """Put the key in place of the word that stands for it."""
    quoted = text.replace(f'"{models.KEY}"', f'"{KEY}"')
    return KEY if text == models.KEY else quoted


@contextmanager
def _started(
    folder: JobFolder, order: Order, what: Start, plan: JobPlan, source: Path
) -> Iterator[float]:
    """Start a program in the box of a job, but on the host's network; gives when it was."""
    folder.make()
    shutil.copytree(source, folder.workspace, dirs_exist_ok=True)
    folder.filter.write_bytes(program())
    _write(folder, what)
    box = for_agent(folder, order, what, plan)
    assert what.stdin is not None
    with folder.filter.open("rb") as rules, (folder.door / what.stdin).open("rb") as given:
        line = argv(box, what.program, bubblewrap(order), Descriptors(seccomp=rules.fileno()))
        line.remove("--unshare-net")
        began = time.monotonic()
        with folder.agent_log.open("wb") as log:
            process = subprocess.Popen(
                line,
                stdin=given,
                stdout=log,
                stderr=log,
                pass_fds=[rules.fileno()],
                env={},
                cwd="/",
            )
    try:
        yield began
    finally:
        process.kill()
        process.wait()


def _said(log: Path, event: str) -> float:
    """Return when a harness has said something, by the monotonic clock."""
    lines = (json.loads(text) for text in log.read_text().splitlines() if f'"{event}"' in text)
    return float(next(lines)["monotonic"])
