"""A data folder with runs and jobs, as a worker leaves them, and clients of a gateway."""

import asyncio
import io
import itertools
import json
import os
import secrets
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr
from yarl import URL

from bot.blobs.blobs import open_blobs
from bot.gateway.app import make_app, serve
from bot.gateway.validations import Validations
from bot.model.clock import Clock
from bot.model.ids import (
    Fence,
    InstallationId,
    JobName,
    Login,
    Repo,
    RunId,
    Sha,
    UserId,
    ValidationId,
    run_id,
)
from bot.model.intents import StartRun
from bot.model.runs import AgentSpec, JobPlan, Person, Subject, Trigger
from bot.rules.agents import BUILT_IN
from bot.rules.endings import Ending
from bot.rules.lifecycle import Signal
from bot.rules.repoconfig import Config
from bot.rules.starting import terms_of
from bot.store import jobs, runs
from bot.store.engine import Store
from bot.work import telling
from bot.work.broker import Broker
from bot.work.checkpoints import Checkpoints
from bot.work.validator import Validator
from bot.work.verdicts import Verdicts
from bot.workspace.mirror import Mirrors
from bot.workspace.quarantine import Quarantines

HALL = Repo("octo/hall")
NOW = 1_800_000_000.0
ANN = Person(id=UserId(1), login=Login("ann"))
CALM = {
    "PATH": os.defpath,
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    **{f"GIT_{who}_NAME": "Ann" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "ann@example.com" for who in ("AUTHOR", "COMMITTER")},
}
LAST = {"exit": 0, "signal": None, "cause": "exited", "result": None, "log": ""}


@dataclass(frozen=True)
class Job:
    """A job that was launched; `run_token` is what a claim gave, if there was one."""

    plan: JobPlan
    launch_token: str
    run_token: str = ""


@dataclass(frozen=True)
class Answer:
    status: int
    said: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Stand:
    home: Path
    store: Store
    mirrors: Mirrors
    quarantines: Quarantines
    token: Callable[[], str] = lambda: secrets.token_urlsafe(32)
    command: tuple[str, ...] = ("true",)
    egress: tuple[str, ...] = ()
    numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    @property
    def folder(self) -> Path:
        return self.home / "gateway"

    @property
    def socket(self) -> Path:
        return self.folder / "gateway.sock"

    def app(self):
        clock = Clock(lambda: NOW)
        broker = Broker(self.store, clock, self.token)
        checkpoints = Checkpoints(self.store, self.blobs, clock)
        validations = Validations(
            Validator(self.store, clock, lambda: ValidationId(f"01V{next(self.numbers)}")),
            Verdicts(self.store, self.blobs, clock, self.token),
        )
        places = self.mirrors, self.quarantines
        return make_app(broker, checkpoints, *places, validations=validations)

    @property
    def blobs(self):
        return open_blobs(str(self.home / "blobs"))

    @asynccontextmanager
    async def gateway(self) -> AsyncIterator[None]:
        async with serve(self.app(), self.folder):
            yield

    async def launched(self, repo: Repo = HALL, **outputs: int) -> Job:
        """Bring a run of the repository to where its job starts, with a mirror and quarantine."""
        number = next(self.numbers)
        run = run_id(NOW, number)
        base = self.repository(repo)
        intent = StartRun(
            installation=InstallationId(1),
            repo_id=5,
            subject=Subject(repo=repo, number=number, kind="issue"),
            title="Tidy",
            body="",
            author=ANN,
            instruction="",
            asked_by=ANN,
            trigger=Trigger(kind="label"),
            terms=terms_of(BUILT_IN["tidy"], Config(), fork=False),
            at=NOW,
        )
        async with self.store.begin() as tx:
            assert await telling.start(tx, intent, run, (), now=NOW)
            await runs.signal(tx, await runs.get(tx, run), Signal.ADMITTED, now=NOW)
        await self.quarantines.open(run, self.mirrors.path(repo), base)
        return await self.launch(self._plan(run, repo, number, base, outputs), 1)

    async def launch(self, plan: JobPlan, fence: int) -> Job:
        """Write a job down, as the launcher does before it starts anything."""
        token = f"launch-token-{plan.run}-{fence}"
        name = JobName(f"{plan.run.lower()}-{fence}")
        known = {each: getattr(plan, each) for each in JobPlan.__slots__}
        plan = JobPlan(**(known | {"fence": Fence(fence), "job": name}))
        async with self.store.begin() as tx:
            row = await runs.get(tx, plan.run)
            values = {"fence": fence, "base": plan.base, "base_branch": plan.base_branch}
            await runs.signal(tx, row, Signal.LAUNCHED, now=NOW, deadline=NOW + 60, **values)
            await jobs.add(tx, plan, SecretStr(token), now=NOW)
        return Job(plan, token)

    async def live(self, repo: Repo = HALL, **outputs: int) -> Job:
        """Bring a run to where its job has its run token."""
        job = await self.launched(repo, **outputs)
        answer = await self.call("/launch", job.launch_token, {})
        return Job(job.plan, job.launch_token, answer.said["run_token"])

    async def replace(self, job: Job) -> Job:
        """Have the run's compute vanish, and give it its next job."""
        async with self.store.begin() as tx:
            row = await runs.get(tx, job.plan.run)
            await runs.signal(tx, row, Signal.VANISHED, now=NOW)
        return await self.launch(job.plan, job.plan.fence + 1)

    async def cancel(self, job: Job) -> None:
        how = Ending(signal=Signal.CANCELLED, conclusion=None, words="")
        async with self.store.begin() as tx:
            await telling.finish(tx, await runs.get(tx, job.plan.run), how, now=NOW)

    def repository(self, repo: Repo) -> Sha:
        """Make a mirror whose one file says its name, and return its head."""
        mirror = self.mirrors.path(repo)
        if not mirror.exists():
            source = self.home.parent / f"source-{mirror.name}"
            git("init", "-q", "-b", "main", str(source), cwd=self.home)
            (source / "name").write_text(f"{repo}\n")
            git("add", ".", cwd=source)
            git("commit", "-qm", "first", cwd=source)
            git("clone", "-q", "--bare", str(source), str(mirror), cwd=source)
        return Sha(git("rev-parse", "main", cwd=mirror).strip())

    async def call(
        self, path: str, token: str | None, payload: object = None, **headers: str
    ) -> Answer:
        """Post JSON, or bytes as they are, and return what came back."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return await self.request("POST", path, token, io.BytesIO(body), **headers)

    async def request(
        self, method: str, path: str, token: str | None, body: io.BytesIO | None, **headers: str
    ) -> Answer:
        """Make one request, on a connection of its own, without tidying up its path."""
        url = URL(f"http://greenroom{path}", encoded=True)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        connector = aiohttp.UnixConnector(str(self.socket), force_close=True)
        async with (
            aiohttp.ClientSession(connector=connector) as http,
            http.request(method, url, data=body, headers=headers) as answer,
        ):
            text = await answer.text()
            kind = answer.headers.get("Content-Type", "")
            said = json.loads(text) if kind.startswith("application/json") else text
            return Answer(answer.status, said, answer.headers)

    def _plan(self, run: RunId, repo: Repo, number: int, base: Sha, outputs) -> JobPlan:
        agent = AgentSpec(
            name="tidy",
            description="a test",
            runtime="command",
            command=self.command,
            outputs=outputs or {"pull_request": 1},
        )
        return JobPlan(
            job=JobName(""),
            run=run,
            fence=Fence(0),
            repo=repo,
            shelf=repo,
            subject=number,
            base=base,
            base_branch="main",
            agent=agent,
            brief="Do it.\n",
            egress=self.egress,
        )


def git(*words: str, cwd: Path) -> str:
    """Run git as a person would, without the machine's settings."""
    done = subprocess.run(
        ["git", *words], cwd=cwd, env=CALM | {"GIT_CONFIG_GLOBAL": "/dev/null"},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout


@dataclass(frozen=True)
class Client:
    """A real git that reaches the gateway over a TCP port, with the token of one job."""

    url: str
    token: str

    async def git(self, *words: str, cwd: Path) -> tuple[int, str]:
        """Run git, `MIRROR` and `QUARANTINE` standing for the addresses; return status, words."""
        places = {"MIRROR": f"{self.url}/git/mirror.git"}
        places["QUARANTINE"] = f"{self.url}/git/quarantine.git"
        settings = {
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Bearer {self.token}",
        }
        process = await asyncio.create_subprocess_exec(
            "git", *(places.get(word, word) for word in words), cwd=cwd, env=CALM | settings,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
        return await process.wait(), said.decode()


@asynccontextmanager
async def relay(target: Path) -> AsyncIterator[str]:
    """Let TCP clients reach a unix socket; gives the address."""

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(str(target))
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pump(reader, far_writer))
                both.create_task(_pump(far_reader, writer))
        except* ConnectionError:
            pass
        finally:
            writer.close()
            far_writer.close()

    listener = socket.create_server(("127.0.0.1", 0))
    server = await asyncio.start_server(join, sock=listener)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.write_eof()
