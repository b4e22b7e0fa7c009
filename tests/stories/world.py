"""The whole app in processes of its own, an embedded GitHub, and a clock that a test moves."""

import asyncio
import json
import os
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from bot.clocks import move_clock, system_clock
from bot.demo.hub import Hub
from bot.demo.job import LABEL
from bot.demo.scene import Scene
from bot.github.auth import AppKey
from bot.github.client import Credentials, GitHub
from bot.sandbox.folder import JobFolder, held, started_at
from bot.store.engine import Store, open_store
from tests.stories.project import UNTIDY, make_toolbox

FOUR_DAYS = 4 * 86_400.0
"""GitHub forgets deliveries after three."""

LOOK = 0.04
"""Real seconds between two looks."""

PACE = 10.0
"""How fast the clock goes while a test waits, so that lags and pauses are over sooner."""

UNSETTLED = """
    SELECT target, wish FROM outbox
    WHERE repo = ? AND done < version AND refused IS NULL AND kind <> 'heal'
"""


def own_uids() -> range:
    """Return a range of uids that no other test run has."""
    first = 300_000 + os.getpid() % 1000 * 100
    return range(first, first + 100)


@dataclass(kw_only=True)
class World(Scene):
    """A scene with people in it.

    Attributes:
        moved: seconds that the clock is ahead.
        pace: how fast it goes while a test waits.
        hub: GitHub as the maintainer uses it.
        installation: the app's on the owner's repositories.
        made: how many repositories there are.
        uids: of this world's jobs alone, so that a process that is left over is known.
    """

    moved: float = 0.0
    pace: float = PACE
    hub: Hub = field(init=False)
    installation: int = 0
    made: int = 0
    uids: range = field(default_factory=own_uids)

    @cached_property
    def store(self) -> Store:
        return open_store(SecretStr(f"sqlite+aiosqlite:///{self.home}/greenroom.db"))

    def settings(self, name: str) -> Mapping[str, str]:
        uids = f"{self.uids.start}-{self.uids.stop - 1}"
        return {**super().settings(name), "GREENROOM_JOB_UIDS": uids}

    async def control(self, line: str, **body: Any) -> Any:
        """Do something to the embedded GitHub that nobody can do to the real one."""
        method, path = line.split(" ")
        async with Hub(self.url) as control:
            return await control.send(method, f"/_devhub{path}", body)

    @asynccontextmanager
    async def switched(self, **switches: Any) -> AsyncIterator[Callable[[str, int], Any]]:
        """Have GitHub behave badly for a while; yields a wait for a switch's count."""
        before = await self.control("GET /switches")

        async def left(name: str, count: int) -> None:
            async def holds() -> bool:
                return bool((await self.control("GET /switches"))[name] == count)

            await self.until(holds, f"{name} at {count}")

        await self.control("PATCH /switches", **switches)
        yield left
        await self.control("PATCH /switches", **{name: before[name] for name in switches})

    @asynccontextmanager
    async def app(self) -> AsyncIterator[GitHub]:
        """The app as its owner uses it, to see what GitHub has delivered."""
        key = AppKey.load(SecretStr((self.root / "app.pem").read_text()))
        credentials = Credentials(
            app_id=json.loads((self.root / "app.json").read_text())["id"], key=key
        )
        async with aiohttp.ClientSession() as http:
            yield GitHub(http, credentials, system_clock(self.clock), base_url=self.url)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        file = f"file:{self.home}/greenroom.db?mode=ro"
        with closing(sqlite3.connect(file, uri=True, timeout=10)) as database:
            return database.execute(query, values).fetchall()

    def move(self, seconds: float) -> None:
        """Move everybody's clock, and have everybody look at it."""
        self.moved += seconds
        move_clock(self.clock, self.moved)
        self.store.changes.announce()

    async def until(
        self, holds: Callable[[], Awaitable[bool]], what: str, within: float = 30.0
    ) -> None:
        """Wait for something that needs the processes, while the clock goes fast."""
        give_up = time.monotonic() + within
        while not await holds():
            self.check()
            assert time.monotonic() < give_up, f"not within {within} s: {what}"
            await asyncio.sleep(LOOK)
            self.move(LOOK * (self.pace - 1))

    async def drained(self) -> None:
        """Wait until every delivery was attempted."""
        assert (await self.control("GET /drained?seconds=20"))["drained"]

    async def tomorrow(self) -> None:
        """Let days pass: what GitHub limits and remembers by the hour or day begins anew."""
        await self.control("DELETE /requests")
        self.move(FOUR_DAYS)
        await self.until(self._was_cleaned, "the janitor's round")
        await self.control("DELETE /requests")

    async def _was_cleaned(self) -> bool:
        seen = await self.control("GET /requests")
        return any("/app/hook/deliveries" in each["request"] for each in seen["requests"])

    async def issue(
        self, files: Mapping[str, str] = UNTIDY, title: str = "Tidy this up"
    ) -> "Asked":
        """Open an issue in a repository of its own."""
        self.made += 1
        new = {"owner": self.owner, "name": f"project-{self.made}", "files": files}
        made = await self.control("POST /repositories", **new)
        repo = made["full_name"]
        await self.control(f"PUT /repositories/{repo}/collaborators/maintainer", role="maintain")
        opened = await self.hub.send("POST", f"/repos/{repo}/issues", {"title": title})
        await self.drained()
        return Asked(self, repo, opened["number"])

    async def done(self, files: Mapping[str, str] = UNTIDY) -> "Asked":
        """Have an issue tidied."""
        asked = await self.issue(files)
        await asked.label()
        await asked.settled()
        return asked

    async def without(self, asked: "Asked") -> None:
        """Take the app away from one repository."""
        everywhere = [f"project-{number}" for number in range(1, self.made + 1)]
        await self.everywhere(
            [name for name in everywhere if f"{self.owner}/{name}" != asked.repo]
        )

    async def everywhere(self, names: list[str] | None = None) -> None:
        """Give the app all repositories of the organization, or those of some names."""
        path = f"/installations/{self.installation}/repositories"
        await self.control(f"PUT {path}", repositories=names)

    async def tried(self, name: str, settings: Mapping[str, str]) -> tuple[int | None, str]:
        """Start a process that is to refuse; return its exit status and what it said."""
        process = await asyncio.create_subprocess_exec(
            *(*self.command, name),
            env={"PATH": os.environ["PATH"], **settings},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(20):
                _, said = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return process.returncode, said.decode()

    async def listening(self) -> None:
        """Wait until the web answers."""
        await self._listening()

    async def deserted(self) -> list[str]:
        """Wait a while until no job has a process; return those that still have."""
        for _ in range(100):
            if not (left := [*self._locked(), *self._processes()]):
                break
            await asyncio.sleep(LOOK)
        return left

    def end_jobs(self) -> None:
        """End what a failed test left running; harnesses outlive the worker on purpose."""
        for job in self._jobs():
            with suppress(FileNotFoundError, ProcessLookupError, ValueError):
                pid, start = job.pid.read_text().split()
                if started_at(int(pid)) == start:
                    os.kill(int(pid), signal.SIGKILL)

    def _locked(self) -> list[str]:
        return [f"{job.root.name} is alive" for job in self.live_jobs()]

    def live_jobs(self) -> list[JobFolder]:
        return [job for job in self._jobs() if held(job.lock)]

    def _jobs(self) -> list[JobFolder]:
        folders = (self.home / "jobs").glob("*")
        return [JobFolder(path) for path in folders if path.is_dir()]

    def _processes(self) -> list[str]:
        """Processes of the jobs' uids, zombies aside; an ordinary user's jobs have his own."""
        found = {path.name: path for path in Path("/proc").glob("[0-9]*")}
        return [
            f"process {pid} is left over: {command}"
            for pid, path in found.items()
            if owner(path) in self.uids and (command := command_line(path))
        ]


def owner(process: Path) -> int:
    try:
        return process.stat().st_uid
    except FileNotFoundError:
        return -1


def command_line(process: Path) -> str:
    """Return what a process was started with, in short; a zombie has nothing."""
    try:
        words = (process / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return words.replace(b"\0", b" ").decode(errors="replace")[:100]


@dataclass(frozen=True)
class Asked:
    """One issue, seen from GitHub; only `settled` and the rows look behind the curtain."""

    world: World
    repo: str
    number: int

    @property
    def at(self) -> str:
        return f"/repos/{self.repo}"

    async def get(self, path: str, **query: str) -> Any:
        return await self.world.hub.get(f"{self.at}{path}", **query)

    async def label(self, hub: Hub | None = None, label: str = LABEL) -> None:
        path = f"{self.at}/issues/{self.number}/labels"
        await (hub or self.world.hub).send("POST", path, {"labels": [label]})

    async def unlabel(self) -> None:
        path = f"{self.at}/issues/{self.number}/labels/{LABEL}"
        await self.world.hub.send("DELETE", path)

    async def close(self) -> None:
        path = f"{self.at}/issues/{self.number}"
        await self.world.hub.send("PATCH", path, {"state": "closed"})

    async def labels(self) -> list[str]:
        return [each["name"] for each in (await self.get(f"/issues/{self.number}"))["labels"]]

    async def comments(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = await self.get(f"/issues/{self.number}/comments")
        return listed

    async def reactions(self) -> list[str]:
        listed = await self.get(f"/issues/{self.number}/reactions")
        return [each["content"] for each in listed]

    async def pulls(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = await self.get("/pulls", state="all")
        return listed

    async def branches(self) -> list[str]:
        return [each["name"] for each in await self.get("/branches")]

    async def checks(self, ref: str) -> list[dict[str, Any]]:
        found = await self.get(f"/commits/{ref}/check-runs")
        return [run for run in found["check_runs"] if run["app"]["slug"] == "greenroom"]

    def run(self) -> tuple[str, str, str | None, str | None] | None:
        """State, compute, conclusion and words of the only run, if there is one."""
        query = "SELECT state, compute, conclusion, words FROM runs WHERE repo = ?"
        found = self.world.rows(query, self.repo)
        assert len(found) < 2, "two runs for one label"
        return found[0] if found else None

    def jobs(self) -> int:
        query = "SELECT count(*) FROM jobs JOIN runs ON runs.id = jobs.run WHERE repo = ?"
        return int(self.world.rows(query, self.repo)[0][0])

    async def working(self) -> None:
        """Wait until the agent has told its first step."""
        query = (
            "SELECT 1 FROM run_steps JOIN runs ON runs.id = run WHERE repo = ? AND by = 'agent'"
        )

        async def holds() -> bool:
            return bool(self.world.rows(query, self.repo))

        await self.world.until(holds, "the agent at work")

    async def stopped(self) -> None:
        """Wait until the run is over; what GitHub was told of it is not looked at."""

        async def holds() -> bool:
            run = self.run()
            return run is not None and run[:2] == ("finished", "none")

        await self.world.until(holds, f"the end of {self.repo}")

    async def settled(self, within: float = 30.0) -> None:
        """Wait until the run is over and GitHub was told all of it."""
        await self.world.until(self.is_settled, f"the end of {self.repo}", within)
        await self.world.drained()
        await self.world.until(self.is_quiet, f"{self.repo} at rest", within)

    async def quiet(self) -> None:
        """Wait until every delivery was handled and nothing is left to be said."""
        await self.world.drained()
        await self.world.until(self.is_quiet, f"{self.repo} at rest")

    async def healed(self) -> None:
        """Wait until nothing is left that GitHub's lists may have hidden."""
        query = "SELECT 1 FROM outbox WHERE repo = ? AND kind = 'heal' AND done < version"

        async def holds() -> bool:
            return not self.world.rows(query, self.repo)

        await self.world.until(holds, f"{self.repo} healed")

    async def is_settled(self) -> bool:
        run = self.run()
        return run is not None and run[:2] == ("finished", "none") and await self.is_quiet()

    async def is_quiet(self) -> bool:
        waiting = self.world.rows("SELECT guid FROM deliveries WHERE state = 'waiting'")
        return not waiting and not self.world.rows(UNSETTLED, self.repo)


@asynccontextmanager
async def world(root: Path, *names: str, **settings: Any) -> AsyncIterator[World]:
    """Open a world with these processes; its folder stays for whoever reads the logs."""
    tools = make_toolbox(root / "tools")
    made = World(root=root / "world", tools=tools, **settings)
    try:
        await made.open()
        async with Hub(made.url, made.token) as made.hub:
            await made.start(*names)
            where = {"app": "greenroom", "account": made.owner, "sender": "maintainer"}
            made.installation = (await made.control("POST /installations", **where))["id"]
            await made.drained()
            yield made
            assert await made.deserted() == []
    finally:
        await made.close()
        made.end_jobs()
