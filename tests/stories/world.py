"""The whole app in processes of its own, an embedded GitHub, and a clock that a test moves."""

import asyncio
import json
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from bot.clocks import move_clock, system_clock
from bot.demo.hub import Hub
from bot.demo.scene import Scene
from bot.github.auth import AppKey
from bot.github.client import Credentials, GitHub
from bot.store.engine import Store, open_store
from tests.stories.asked import Asked
from tests.stories.project import UNTIDY, make_toolbox
from tests.stories.remains import end_jobs, left_over

FOUR_DAYS = 4 * 86_400.0
"""GitHub forgets deliveries after three."""

LOOK = 0.04
"""Real seconds between two looks."""

PACE = 10.0
"""How fast the clock goes while a test waits, so that lags and pauses are over sooner."""


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
        with closing(sqlite3.connect(file, uri=True, timeout=60)) as database:
            return database.execute(query, values).fetchall()

    def move(self, seconds: float) -> None:
        """Move everybody's clock, and have everybody look at it."""
        self.moved += seconds
        move_clock(self.clock, self.moved)
        self.store.changes.announce()

    async def until(
        self, holds: Callable[[], Awaitable[bool]], what: str, within: float = 90.0
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
        assert (await self.control("GET /drained?seconds=90"))["drained"]

    async def tomorrow(self) -> None:
        """Let days pass: what GitHub limits and remembers by the hour or day begins anew."""
        await self.control("DELETE /requests")
        self.move(FOUR_DAYS)
        await self.until(self._was_cleaned, "the janitor's round")
        await self.control("DELETE /requests")

    async def _was_cleaned(self) -> bool:
        seen = await self.control("GET /requests")
        return any("/app/hook/deliveries" in each["request"] for each in seen["requests"])

    async def issue(self, files: Mapping[str, str] = UNTIDY, title: str = "Tidy this up") -> Asked:
        """Open an issue in a repository of its own."""
        self.made += 1
        new = {"owner": self.owner, "name": f"project-{self.made}", "files": files}
        made = await self.control("POST /repositories", **new)
        repo = made["full_name"]
        await self.control(f"PUT /repositories/{repo}/collaborators/maintainer", role="maintain")
        opened = await self.hub.send("POST", f"/repos/{repo}/issues", {"title": title})
        await self.drained()
        return Asked(self, repo, opened["number"])

    async def done(self, files: Mapping[str, str] = UNTIDY) -> Asked:
        """Have an issue tidied."""
        asked = await self.issue(files)
        await asked.label()
        await asked.settled()
        return asked

    async def without(self, asked: Asked) -> None:
        """Take the app away from one repository."""
        everywhere = [f"project-{number}" for number in range(1, self.made + 1)]
        await self.everywhere(
            [name for name in everywhere if f"{self.owner}/{name}" != asked.repo]
        )

    async def everywhere(self, names: list[str] | None = None) -> None:
        """Give the app all repositories of the organization, or those of some names."""
        path = f"/installations/{self.installation}/repositories"
        await self.control(f"PUT {path}", repositories=names)

    async def listening(self) -> None:
        """Wait until the web answers."""
        await self._listening()


@asynccontextmanager
async def world(
    root: Path, *names: str, kind: type[World] = World, **settings: Any
) -> AsyncIterator[World]:
    """Open a world with these processes; its folder stays for whoever reads the logs."""
    tools = make_toolbox(root / "tools")
    made = kind(root=root / "world", tools=tools, **settings)
    try:
        await made.open()
        async with Hub(made.url, made.token) as made.hub:
            await made.start(*names)
            where = {"app": "greenroom", "account": made.owner, "sender": "maintainer"}
            made.installation = (await made.control("POST /installations", **where))["id"]
            await made.drained()
            yield made
            assert await left_over(made.home, made.uids) == []
    finally:
        await made.close()
        end_jobs(made.home)
