"""The whole app in processes of its own, an embedded GitHub, and a clock that a test moves."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from bot.clocks import move_clock
from bot.demo.hub import Hub
from bot.demo.job import LABEL
from bot.demo.scene import Scene
from bot.sandbox.folder import JobFolder, held
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


@dataclass(kw_only=True)
class World(Scene):
    """A scene with people in it.

    Attributes:
        moved: seconds that the clock is ahead.
        hub: GitHub as the maintainer uses it.
    """

    moved: float = 0.0
    hub: Hub = field(init=False)
    made: int = 0

    @cached_property
    def database(self) -> Path:
        return self.home / "greenroom.db"

    def settings(self, name: str) -> Mapping[str, str]:
        # uids of nobody else's, so that a process that is left over is known as ours
        return {**super().settings(name), "GREENROOM_JOB_UIDS": "310000-310099"}

    async def control(self, line: str, **body: Any) -> Any:
        """Do something to the embedded GitHub that nobody can do to the real one."""
        method, path = line.split(" ")
        async with Hub(self.url) as control:
            return await control.send(method, f"/_devhub{path}", body)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.database, timeout=10)) as database:
            return database.execute(query, values).fetchall()

    def move(self, seconds: float) -> None:
        """Move everybody's clock, and have everybody look at it."""
        self.moved += seconds
        move_clock(self.clock, self.moved)
        with closing(sqlite3.connect(self.database, timeout=10)) as bell:
            bell.execute(f"PRAGMA user_version = {int(self.moved * 100) % 2**31}")

    async def until(
        self, holds: Callable[[], Awaitable[bool]], what: str, within: float = 30.0
    ) -> None:
        """Wait for something that needs the processes, while the clock goes fast."""
        give_up = time.monotonic() + within
        while not await holds():
            self.check()
            assert time.monotonic() < give_up, f"not within {within} s: {what}"
            await asyncio.sleep(LOOK)
            self.move(LOOK * (PACE - 1))

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

    def jobs(self) -> list[JobFolder]:
        folder = self.home / "jobs"
        return [JobFolder(path) for path in folder.glob("*") if path.is_dir()]


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
        """Wait until the agent is at work."""

        async def holds() -> bool:
            run = self.run()
            return run is not None and run[:2] == ("running", "live")

        await self.world.until(holds, "the agent at work")

    async def settled(self, within: float = 30.0) -> None:
        """Wait until the run is over and GitHub was told all of it."""
        await self.world.until(self._is_settled, f"the end of {self.repo}", within)
        await self.world.drained()
        await self.world.until(self._is_quiet, f"{self.repo} at rest", within)

    async def quiet(self) -> None:
        """Wait until every delivery was handled and nothing is left to be said."""
        await self.world.drained()
        await self.world.until(self._is_quiet, f"{self.repo} at rest")

    async def _is_settled(self) -> bool:
        run = self.run()
        return run is not None and run[:2] == ("finished", "none") and await self._is_quiet()

    async def _is_quiet(self) -> bool:
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
            await made.install()
            await made.drained()
            yield made
    finally:
        await made.close()
    assert not [job.root.name for job in made.jobs() if held(job.lock)], "jobs were left running"
