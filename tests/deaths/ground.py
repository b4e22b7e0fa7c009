"""A world in which everybody may die at any point, and errands that survive it."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bot.model.errors import Unavailable
from tests.deaths.errands import Crowd, Errand, Labelled
from tests.deaths.traps import Passage, Side, Trap
from tests.stories.people import people
from tests.stories.remains import left_over
from tests.stories.world import LOOK, World, world

NAMES = ("web", "work", "gateway")

MOST_FAILURES = 3
"""After these something is broken, and going on tells nothing new."""

ROUND = 61.0
"""Seconds after which the janitor has asked for deliveries that were lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request of the worker's to GitHub at which it is killed, or, after, done and unheard."""

    side: Side
    nth: int = 1
    match: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """One way to die.

    Attributes:
        of: the process whose points are counted; it dies itself unless the trap says who.
    """

    of: str
    at: Trap | Request

    @property
    def victim(self) -> str:
        """The name of a process of the app, `harness` or `agent`."""
        named = isinstance(self.at, Trap) and self.at.victim != "self"
        return str(self.at.victim) if named else self.of

    def __str__(self) -> str:
        point = "request" if isinstance(self.at, Request) else self.at.point
        return f"{self.victim} {self.at.side} {point} {self.at.match or self.at.nth}"


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Where the dying is done."""

    world: World
    crowd: Crowd
    folder: Path
    tell: Callable[[str], None]

    def passage(self, name: str) -> Passage:
        return Passage(self.folder, name)

    async def prepared(self, kind: type[Errand] = Labelled) -> Errand:
        """Bring everybody up on a new day, and return an errand that has only to begin."""
        await self._bring_up()
        await self.world.tomorrow()
        errand = await kind.prepared(self.world, self.crowd)
        for name in NAMES:
            self.passage(name).clear()
        await self.world.control("DELETE /requests")
        return errand

    async def dies_everywhere(
        self, deaths: Iterable[Death], kind: type[Errand] = Labelled
    ) -> list[str]:
        """Go through deaths until an errand has no such point any more; return what was wrong."""
        failures: list[str] = []
        for death in deaths:
            point = await self._dies_somewhere(death, kind, failures)
            if point is None or len(failures) > MOST_FAILURES:
                return failures
        return failures

    async def dies_at_each(self, deaths: Iterable[Death], kind: type[Errand]) -> list[str]:
        """Go through deaths, whether or not an errand has such points; return what was wrong."""
        failures: list[str] = []
        for death in deaths:
            await self._dies_somewhere(death, kind, failures)
            if len(failures) > MOST_FAILURES:
                break
        return failures

    async def _dies_somewhere(
        self, death: Death, kind: type[Errand], failures: list[str]
    ) -> str | None:
        """Do an errand with one death in it, and add what was wrong; return the point's name."""
        try:
            point, wrong = await self.dies(death, kind)
        except (AssertionError, TimeoutError, Unavailable) as problem:
            point, wrong = "?", [repr(problem)[:200]]
            await self._bring_down()
        self.tell(f"{death}: {point or 'no such point'}{', '.join(['', *wrong])}")
        if wrong:
            failures.append(f"{death} ({point}): {wrong}")
        return point

    async def passed(self, kind: type[Errand]) -> tuple[dict[str, list[str]], list[str]]:
        """Do an errand in which nobody dies.

        Returns:
            The commits of each process by name, and the worker's requests to GitHub.
        """
        errand = await self.prepared(kind)
        await errand.begin()
        await errand.settled()
        assert await errand.wrong() == []
        seen = await self.world.control("GET /requests")
        commits = {name: self.passage(name).points("commit") for name in NAMES}
        return commits, [each["request"] for each in seen["requests"]]

    async def dies(
        self, death: Death, kind: type[Errand] = Labelled
    ) -> tuple[str | None, list[str]]:
        """Do an errand with one death in it.

        Returns:
            The name of the point, None when the errand had no such point; and what was
            wrong in the end.
        """
        return await self.dies_in(await self.prepared(kind), death)

    async def dies_in(self, errand: Errand, death: Death) -> tuple[str | None, list[str]]:
        """Do a prepared errand with one death in it; return the same."""
        await self._arm(death)
        await errand.begin()
        point = await self._strikes(death, errand)
        await errand.settled()
        wrong = await left_over(self.world.home, self.world.uids)
        if point and death.victim == "agent":
            return point, wrong + await errand.wrong_without_agent()
        wrong += await errand.wrong()
        if (death.of, death.victim) == ("gateway", "work") and errand.jobs() != 1:
            wrong.append(f"{errand.jobs()} jobs, although the worker alone had died")
        return point, wrong

    async def _arm(self, death: Death) -> None:
        match death.at:
            case Trap():
                process = self.world.processes.get(death.victim)
                trap = replace(death.at, victim=process.pid) if process else death.at
                trap.set(self.passage(death.of).trap)
            case Request(side=side, nth=nth, match=match):
                pids = [self.world.processes[death.of].pid]
                await self.world.control(
                    "PUT /tripwire", **{side: nth, "pids": pids, "match": match}
                )

    async def _strikes(self, death: Death, errand: Errand) -> str | None:
        """Wait until somebody died, or the errand is over; bring up whoever is missing."""
        async with asyncio.timeout(120):
            while (point := await self._point(death)) is None and not await self._over(errand):
                await asyncio.sleep(LOOK)
                self.world.move(LOOK)
        await self._disarm(death)
        point = point or await self._point(death)
        if point is not None and death.victim in self.world.processes:
            await self.world.processes[death.victim].wait()
        await self._bring_up()
        if point is not None and death.of == "web":
            self.world.move(ROUND)
        return point

    async def _over(self, errand: Errand) -> bool:
        """Tell whether nobody has anything to do any more, not even with the last deliveries."""
        if not await errand.is_settled():
            return False
        await self.world.drained()
        return await errand.is_settled()

    async def _disarm(self, death: Death) -> None:
        await self.world.control("DELETE /tripwire")
        self.passage(death.of).trap.unlink(missing_ok=True)

    async def _point(self, death: Death) -> str | None:
        if isinstance(death.at, Request):
            fired: str | None = (await self.world.control("GET /tripwire"))["fired"]
            return fired
        sprung = self.passage(death.of).sprung
        return sprung.read_text() if sprung.exists() else None

    async def _bring_up(self) -> None:
        """Start whoever is not there."""
        for name in NAMES:
            process = self.world.processes.get(name)
            if process is None or process.returncode is not None:
                await self.world.start(name)

    async def _bring_down(self) -> None:
        for name in NAMES:
            if name in self.world.processes:
                await self.world.kill(name)


@asynccontextmanager
async def ground(root: Path, tell: Callable[[str], None]) -> AsyncIterator[Ground]:
    folder = root / "traps"
    folder.mkdir()
    program = (sys.executable, str(Path(__file__).with_name("process.py")), str(folder))
    async with world(root, *NAMES, command=program) as made, people(made) as crowd:
        yield Ground(world=made, crowd=crowd, folder=folder, tell=tell)
