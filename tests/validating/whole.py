"""A whole inner loop: an agent's job, the real gateway, the loop, and jobs of validations."""

import asyncio
import itertools
import shutil
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select, update

from bot.gateway.app import make_app, serve
from bot.gateway.bases import Bases
from bot.gateway.layers import Layers
from bot.gateway.validations import Validations as Routes
from bot.images.additions import Additions
from bot.model.clock import Clock
from bot.model.ids import ValidationId
from bot.model.runs import JobPlan, Limits
from bot.model.validations import Class, Definition, Setup
from bot.runners.base import Launch, Runner
from bot.runners.local import LocalRunner
from bot.sandbox.probe import probe
from bot.store import jobs as job_rows
from bot.store import runs as run_rows
from bot.store.jobs import PLAN
from bot.store.run_row import TERMS
from bot.store.schema import jobs, metadata, runs, validations
from bot.work.bases import Bases as Lent
from bot.work.bases import Lender
from bot.work.broker import Broker
from bot.work.checkpoints import Checkpoints
from bot.work.context import Context
from bot.work.launching import Workspaces
from bot.work.layers import Layers as Kept
from bot.work.placing import Placing
from bot.work.roots import Fetch, nowhere
from bot.work.setups import Laid, Setups
from bot.work.toolboxes import Toolboxes, nothing
from bot.work.validations import Validations
from bot.work.validator import Validator
from bot.work.verdicts import Verdicts
from bot.work.worker import Worker
from bot.workspace.listing import listed, listed_of
from bot.workspace.lowers import Lowers
from bot.workspace.mirror import Mirrors
from bot.workspace.quarantine import Quarantines
from tests.gateway.stand import HALL, NOW, Stand, git
from tests.migrated import opened
from tests.runners.keeping import nothing as none_kept

SHELF = f"{HALL}.5"


@dataclass
class Whole:
    """A stand where validations run."""

    stand: Stand
    runner: LocalRunner
    setups: Setups
    definitions: tuple[Definition, ...]
    setup: Setup | None = None

    async def ends(self, script: str, files: dict[str, str], **agent: Any) -> str:
        """Have an agent run a script to its end, and return what it printed."""
        self._files(files)
        job = await self.stand.launched()
        plan = await self._agreed(job.plan, script, agent)
        below = await self.below(plan)
        lowers = Lowers(self.stand.home / "lowers", self.stand.mirrors)
        await self.runner.launch(
            Launch(
                job=plan.job,
                limits=plan.agent.limits,
                token=SecretStr(job.launch_token),
                tree=await lowers.hold(SHELF, plan.base, plan.job),
                mirror=self.stand.mirrors.path(SHELF),
                gateway=self.stand.folder,
                layers=below.layers,
                homes=below.homes,
            )
        )
        return (await self._ended(plan)).log

    async def prepares(self, files: dict[str, str]) -> Laid:
        """Have a setup run over these files, and return what is there of it then."""
        self._files(files)
        job = await self.stand.launched()
        return await self.below(await self._agreed(job.plan, "true", {}))

    async def handed_in(self) -> set[str]:
        """Return the paths that differ from the base in the last tree that was asked about."""
        query = select(validations).where(validations.c.run.is_not(None))
        async with self.stand.store.read() as tx:
            found = await tx.execute(query.order_by(validations.c.id.desc()))
            row = found.mappings().first()
        mirror, work = self.stand.mirrors.path(SHELF), await self.stand.blobs.get(row["work"])
        lines = await listed_of(mirror, row["tree"], work, most=1 << 20)
        before = set((await listed(mirror, row["base"])).split("\0"))
        return {line.partition("\t")[2] for line in set(lines.split("\0")) ^ before}

    async def below(self, plan: JobPlan) -> Laid:
        """Have made what the workspace of a job is to stand on."""
        async with self.stand.store.read() as tx:
            row = await run_rows.get(tx, plan.run)
        needs = await self.setups.of_run(row, SHELF, plan.base, "main")
        async with asyncio.timeout(60):
            while (below := await self.setups.for_run(row, needs)) is None:
                await asyncio.sleep(0.05)
                async with self.stand.store.read() as tx:
                    row = await run_rows.get(tx, plan.run)
        async with self.stand.store.begin() as tx:
            await run_rows.note(tx, row, groundwork=needs and asdict(needs))
        return below

    def _files(self, files: dict[str, str]) -> None:
        """Make the repository of these files, in a mirror where jobs look for it."""
        source = self.stand.home.parent / "hall"
        if (source / ".git").exists():
            return
        git("init", "-q", "-b", "main", str(source), cwd=self.stand.home)
        for name, text in files.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(text)
        git("add", ".", cwd=source)
        git("commit", "-qm", "first", cwd=source)
        for shelf in (HALL, SHELF):
            mirror = str(self.stand.mirrors.path(shelf))
            git("clone", "-q", "--bare", str(source), mirror, cwd=source)

    async def _agreed(self, plan: JobPlan, script: str, changes: dict[str, Any]) -> JobPlan:
        """Give the job its program, and its run the validations that it may ask for."""
        command = ("/bin/sh", "-c", script)
        agent = replace(
            plan.agent, **{"command": command, "limits": Limits(seconds=120), **changes}
        )
        names = tuple(each.name for each in self.definitions)
        ahead = tuple(each.name for each in self.definitions if each.speculate)
        plan = replace(plan, shelf=SHELF, agent=agent, validations=names, ahead=ahead)
        async with self.stand.store.begin() as tx:
            row = await run_rows.get(tx, plan.run)
            terms = replace(row.terms, validations=self.definitions, setup=self.setup)
            told = TERMS.dump_python(terms, mode="json")
            await tx.execute(update(runs).values(terms=told))
            await tx.execute(update(jobs).values(plan=PLAN.dump_python(plan, mode="json")))
        return plan

    async def _ended(self, plan: JobPlan) -> Any:
        async with asyncio.timeout(90):
            while True:
                async with self.stand.store.read() as tx:
                    if found := await job_rows.endings(tx, plan.run, most=1):
                        return found[0]
                await asyncio.sleep(0.05)


@asynccontextmanager
async def in_folder(
    folder: Path,
    uids: tuple[int, int],
    *definitions: Definition,
    lender: Lender | None = None,
) -> AsyncIterator[Whole]:
    """Open all of it over a store of its own, in a folder."""
    home = folder / "home"
    home.mkdir(mode=0o700)
    store = opened(SecretStr(f"sqlite+aiosqlite:///{home}/greenroom.db"))
    async with store.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    mirrors, quarantines = Mirrors(home / "mirrors"), Quarantines(home / "quarantine")
    stand = Stand(home=home, store=store, mirrors=mirrors, quarantines=quarantines)
    async with whole(stand, uids, *definitions, lender=lender) as made:
        yield made
    await store.close()


@asynccontextmanager
async def whole(
    stand: Stand,
    uids: tuple[int, int],
    *definitions: Definition,
    root: Fetch = nowhere,
    lender: Lender | None = None,
) -> AsyncIterator[Whole]:
    """Open a gateway and a worker that has one loop.

    Args:
        stand: what they work with.
        uids: of jobs.
        definitions: what may be asked for.
        root: gives validations their images.
        lender: gives builds those that they begin with.
    """
    numbers, began = itertools.count(1), time.monotonic()
    # what waits for a while does so, as with any worker
    clock = Clock(lambda: NOW + time.monotonic() - began)
    runner = LocalRunner(stand.home / "jobs", probe(), uids=uids)
    context = Context(store=stand.store, github=None, clock=clock, worker="w", token=stand.token)
    setups = Setups(
        stand.store,
        clock,
        blobs=stand.blobs,
        additions=Additions(stand.home / "setups", clock),
        mirrors=stand.mirrors,
        platform="tests",
        new_id=lambda: ValidationId(f"01SETUP{next(numbers):04}"),
    )
    places = Workspaces(
        mirrors=stand.mirrors,
        lowers=Lowers(stand.home / "lowers", stand.mirrors),
        quarantines=stand.quarantines,
        toolboxes=Toolboxes(nothing, {}, stand.mirrors),
        setups=setups,
    )
    place = Placing(context, stand.mirrors, stand.blobs, setups).place
    runners: dict[Class, Runner] = dict.fromkeys(("plain", "builder", "services"), runner)
    loop = Validations(context, runners, places, stand.folder, place=place, root=root, most=4)
    routes = Routes(
        Validator(stand.store, clock, lambda: ValidationId(f"01V{next(numbers):06}")),
        Verdicts(stand.store, stand.blobs, clock, stand.token),
        Layers(Kept(stand.store, stand.blobs), stand.home / "arriving"),
        Bases(Lent(stand.store, lender)) if lender else None,
    )
    app = make_app(
        Broker(stand.store, clock, stand.token),
        Checkpoints(stand.store, stand.blobs, clock),
        stand.mirrors,
        stand.quarantines,
        validations=routes,
    )
    worker = asyncio.create_task(Worker(context, {"validations": loop.step}, alone=True).run())
    try:
        async with serve(app, stand.folder):
            yield Whole(stand, runner, setups, definitions)
    finally:
        worker.cancel()
        await asyncio.wait({worker})
        _show(stand.home / "jobs")
        await runner.sweep(none_kept)
        shutil.rmtree(stand.home / "jobs", ignore_errors=True)


def _show(folder: Path) -> None:
    """Write what jobs have logged, for where a test failed."""
    for file in sorted(folder.glob("*/*log")):
        name = f"{file.parent.name}/{file.name}"
        sys.stdout.write(f"{name}:\n{file.read_text(errors='replace')}")
