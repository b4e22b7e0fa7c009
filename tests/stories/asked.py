"""One issue that somebody is asked to tidy, seen from GitHub."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.demo.hub import Hub
from bot.demo.job import LABEL

if TYPE_CHECKING:
    from tests.stories.world import World

UNSETTLED = """
    SELECT target, wish FROM outbox
    WHERE repo = ? AND done < version AND refused IS NULL AND kind <> 'heal'
"""


@dataclass(frozen=True)
class Asked:
    """One issue, seen from GitHub; only `settled` and the rows look behind the curtain."""

    world: "World"
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

    async def settled(self, within: float = 90.0) -> None:
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
