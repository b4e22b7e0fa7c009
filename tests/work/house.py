"""All loops of a worker over a real store and the embedded GitHub; only runners are played.

Time stands still until a test lets it pass.  A test is the harness: it claims, asks and
finishes through the broker, and pushes commits into quarantine as the gateway would.
"""

import asyncio
import itertools
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import SecretStr
from sqlalchemy import select

from bot.blobs.blobs import open_blobs
from bot.images.additions import Additions
from bot.model.ids import RunId, Sha, ValidationId
from bot.model.payloads import ordering_key
from bot.model.runs import JobPlan, Subject
from bot.rules.admission import Capacity
from bot.rules.endings import Ended
from bot.rules.repoconfig import PROTECT
from bot.runners.base import Alive, Gone, Launch, Standing
from bot.store import runs
from bot.store.engine import Store
from bot.store.jobs import PLAN
from bot.store.schema import deliveries, delivery_bodies, jobs
from bot.store.schema import runs as table
from bot.work.broker import Broker
from bot.work.ciwatch import CiWatch
from bot.work.configs import Configs
from bot.work.context import Context
from bot.work.delivering import Delivering
from bot.work.inbox import Inbox
from bot.work.janitor import Janitor
from bot.work.launching import Launcher, Workspaces
from bot.work.reporter import Reporter
from bot.work.scheduler import Scheduler
from bot.work.setups import Setups
from bot.work.supervisor import Supervisor
from bot.work.toolboxes import Toolboxes, nothing
from bot.work.waits import Waits
from bot.work.writers import writers
from bot.workspace.deliver import Rules
from bot.workspace.lowers import Lowers
from bot.workspace.mirror import Mirrors
from bot.workspace.quarantine import Quarantines
from bot.workspace.snapshot import RESULT_REF
from handlers import REACTIONS
from tests.github.embedded import REPO, Embedded, embedded
from tests.github.scripted import Time
from tests.migrated import migrated, opened

NOREPLY = "users.noreply.localhost"
RULES = Rules(protect=PROTECT)
IDENTITY = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@localhost"} | {
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@localhost",
}


async def no_images() -> int:
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    """A job of an agent that was launched, with what it will be told."""

    plan: JobPlan
    launch: Launch

    @property
    def token(self) -> SecretStr:
        return self.launch.token


class Stagehand:
    """A runner that does as it is told: jobs live until the test says otherwise.

    Attributes:
        store: where the plans of jobs are.
    """

    store: Store

    def __init__(self) -> None:
        self.launched: list[Launched] = []
        self.standings: dict[str, Standing] = {}
        self.stops: list[tuple[str, bool]] = []
        self.kept: list[set[str]] = []

    async def launch(self, launch: Launch) -> None:
        await self.note(launch)
        self.standings.setdefault(launch.job, Alive())

    async def note(self, launch: Launch) -> None:
        async with self.store.read() as tx:
            found = await tx.execute(select(jobs.c.plan).where(jobs.c.name == launch.job))
        plan = PLAN.validate_python(found.scalar_one())
        self.launched.append(Launched(plan=plan, launch=launch))

    async def poll(self, job: str) -> Standing:
        return self.standings.get(job, Gone())

    async def stop(self, job: str, *, kill: bool) -> None:
        self.stops.append((job, kill))

    async def sweep(self, keep: Any) -> list[Any]:
        self.kept.append(set(await keep([launch.plan.job for launch in self.launched])))
        return []

    @property
    def latest(self) -> Launched:
        return self.launched[-1]

    def loses(self, job: str | None = None) -> None:
        self.standings[job or self.latest.plan.job] = Gone()


@dataclass(kw_only=True)
class House:
    """A worker and its GitHub.

    Attributes:
        patience: real seconds to wait for deliveries; less where one is to come late.
    """

    hub: Embedded
    store: Store
    time: Time
    runner: Stagehand
    home: Path
    patience: float = 60.0
    capacity: Capacity = field(default_factory=lambda: Capacity(everywhere=4, repo=3))

    def __post_init__(self) -> None:
        self.runner.store = self.store
        self._numbers = itertools.count(1)
        self.mirrors = Mirrors(self.home / "mirrors")
        self.quarantines = Quarantines(self.home / "quarantine")
        lowers = Lowers(self.home / "lowers", self.mirrors)
        self.places = Workspaces(
            mirrors=self.mirrors,
            lowers=lowers,
            quarantines=self.quarantines,
            toolboxes=Toolboxes(nothing, {}, self.mirrors),
            setups=self.setups_over(self.store),
        )
        self._workers: list[Context] = []
        self.broker = Broker(self.store, self.time.clock, self._text)
        self.context = self.worker("w1")
        self.loops = self.loops_of(self.context)

    def setups_over(self, store: Any) -> Setups:
        """Return setups that use a store of their own."""
        return Setups(
            store,
            self.time.clock,
            blobs=open_blobs(str(self.home / "blobs")),
            additions=Additions(self.home / "setups", self.time.clock),
            mirrors=self.mirrors,
            platform="tests",
            new_id=lambda: ValidationId(f"01SETUP{next(self._numbers):04}"),
        )

    def _text(self) -> str:
        return f"token-{next(self._numbers)}"

    def _run_id(self) -> RunId:
        return RunId(f"01RUN{next(self._numbers):04}")

    def worker(self, name: str) -> Context:
        made = Context(
            store=self.store,
            github=self.hub.github,
            clock=self.time.clock,
            worker=name,
            token=self._text,
        )
        self._workers.append(made)
        return made

    def loops_of(self, context: Context) -> dict[str, Any]:
        places = replace(self.places, setups=self.setups_over(context.store))
        launcher = Launcher(context, self.runner, places, self.home / "gateway")
        return {
            "inbox": Inbox(context, Configs(context), REACTIONS, self._run_id),
            "scheduler": Scheduler(context, self.capacity),
            "supervisor": Supervisor(context, self.runner, launcher),
            "delivering": Delivering(context, self.quarantines, NOREPLY, RULES),
            "reporter": Reporter(context, *writers(self.quarantines, self.mirrors)),
            "waits": Waits(context, CiWatch(context).look),
            "janitor": Janitor(context, self.runner, self.places, no_images),
        }

    async def settles(self, *names: str) -> None:
        """Have GitHub's events arrive, and step the loops until none finds anything to do."""
        wanted = names or ("inbox", "waits", "scheduler", "supervisor", "delivering", "reporter")
        busy = True
        while busy:
            self.time.now += 0.001
            await self.hub.control(f"GET /drained?seconds={self.patience}")
            busy = any([await self.steps(name) for name in wanted])

    async def steps(self, name: str) -> bool:
        """Step one loop, and see what it began through to its end."""
        busy: bool = await self.loops[name].step()
        await self.idle()
        return busy

    async def idle(self) -> None:
        """Wait until no worker is handling anything."""
        for context in self._workers:
            for pool in context.pools:
                await pool.idle()

    async def passes(self, seconds: float, *names: str, step: float = 1.0) -> None:
        """Let time pass, and everything happen that comes with it."""
        until = self.time.now + seconds
        while self.time.now < until:
            await self.settles(*names)
            self.time.now = min(self.time.now + step, until)
        await self.settles(*names)

    async def issue(self, label: str = "agent:tidy") -> Subject:
        """Open an issue as ann, and label it."""
        number = await self.hub.opens_an_issue()
        if label:
            await self.hub.acts(f"POST /issues/{number}/labels", labels=[label])
        return Subject(repo=REPO, number=number, kind="issue")

    async def run(self) -> runs.RunRow:
        """Read the newest run."""
        async with self.store.begin() as tx:
            newest = await tx.scalar(select(table.c.id).order_by(table.c.id.desc()))
            return await runs.get(tx, newest)

    async def starts(self) -> None:
        """Bring a run so far that its runner was asked for; nothing is reported yet."""
        await self.issue()
        await self.settles("inbox", "scheduler", "supervisor")

    async def works(self) -> SecretStr:
        """Bring a run so far that its agent works; return the run token."""
        await self.starts()
        return await self.comes_up()

    async def comes_up(self) -> SecretStr:
        return (await self.broker.claim(self.runner.latest.token)).run_token

    async def ends(self, token: SecretStr, **changes: Any) -> None:
        good: dict[str, Any] = {"exit": 0, "signal": None, "cause": "exited", "result": None}
        await self.broker.finish(token, Ended(**{**good, **changes}))
        self.runner.loses()

    async def pushes(self, path: str = "tidy.txt", text: str = "tidy\n") -> Sha:
        """Commit a file on the base of the latest job, into its quarantine."""
        plan = self.runner.latest.plan
        quarantine = self.quarantines.path(plan.run)
        blob = await git(quarantine, "hash-object", "-w", "--stdin", given=text)
        await git(quarantine, "read-tree", plan.base)
        await git(quarantine, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
        tree = await git(quarantine, "write-tree")
        made = await git(quarantine, "commit-tree", "-p", plan.base, "-m", "x", tree)
        await git(quarantine, "update-ref", RESULT_REF, made)
        return Sha(made)

    async def asks_for_a_pull_request(self, token: SecretStr) -> None:
        payload = {"title": "Tidy up", "body": "Ran it."}
        await self.broker.ask(token, "pull_request", payload)
        await self.ends(token, result=await self.pushes())

    async def comments(self, number: int = 1) -> list[str]:
        rows = await self.hub.acts(f"GET /issues/{number}/comments")
        return [row["body"] for row in rows]

    async def labels(self, number: int = 1) -> list[str]:
        rows = await self.hub.acts(f"GET /issues/{number}/labels")
        return [row["name"] for row in rows]

    async def reactions(self, number: int = 1) -> list[str]:
        rows = await self.hub.acts(f"GET /issues/{number}/reactions")
        return [row["content"] for row in rows]

    async def notes(self) -> list[tuple[str, str]]:
        """What became of each delivery: its state and why."""
        query = select(deliveries.c.state, deliveries.c.note).order_by(deliveries.c.id)
        async with self.store.read() as rows:
            return [(state, note) for state, note in await rows.execute(query)]


async def git(folder: Path, *argv: str, given: str = "") -> str:
    process = await asyncio.create_subprocess_exec(
        *("git", "--git-dir", str(folder), *argv),
        env={
            **IDENTITY,
            "PATH": os.environ["PATH"],
            "GIT_INDEX_FILE": str(folder / "tests-index"),
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate(given.encode())
    assert process.returncode == 0, argv
    return out.decode().strip()


async def keep(store: Store, guid: str, event: str, body: bytes, now: float) -> None:
    """Store a delivery, as intake does."""
    row = {"guid": guid, "event": event, "ordering_key": ordering_key(body), "received_at": now}
    async with store.begin() as tx:
        await tx.execute(deliveries.insert().prefix_with("OR IGNORE").values(**row))
        await tx.execute(
            delivery_bodies.insert().prefix_with("OR IGNORE").values(guid=guid, body=body)
        )


async def send(house: House, guid: str, event: str, **payload: Any) -> None:
    await keep(house.store, guid, event, json.dumps(payload).encode(), house.time.now)


@asynccontextmanager
async def built(folder: Path) -> AsyncIterator[House]:
    """A worker and the GitHub around it; every request of the app is held against GitHub's."""
    time = Time()
    url = SecretStr(f"sqlite+aiosqlite:///{folder}/greenroom.db")
    await migrated(url)
    store = opened(url)
    door = web.Application()

    async def hook(request: web.Request) -> web.Response:
        body, headers = await request.read(), request.headers
        await keep(store, headers["X-GitHub-Delivery"], headers["X-GitHub-Event"], body, time.now)
        return web.Response(status=202)

    door.router.add_post("/webhook", hook)
    runner = web.AppRunner(door)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}/webhook"
        async with embedded(folder / "hub", time, address) as hub:
            await hub.github.app.identity()
            yield House(hub=hub, store=store, time=time, runner=Stagehand(), home=folder)
            assert hub.problems() == []
    finally:
        await runner.cleanup()
        await store.close()
