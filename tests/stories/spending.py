"""An agent in a loop, with little money."""

from dataclasses import dataclass

from tests.stories.sums import Fixed
from tests.stories.world import World

AGENT = """\
---
name: loop
description: Goes round and round
greenroom:
  runtime: default
  model: {model}
  on: {{label: agent:loop}}
---
Go on.
"""

SETTINGS = "version: 1\nlimits: {cost: {per_run: 0.50}}\n"

LOOP = [
    {"do": [{"run": f"echo round {number}"}], "usage": {"input": 40_000, "output": 2_000}}
    for number in range(50)
]
"""Rounds that look different, since agents notice when all are alike; each costs 6 cents."""

RUNS = "SELECT state, compute, conclusion, words FROM runs WHERE repo = ? ORDER BY id"
SPENT = "SELECT sum(cost) FROM model_calls JOIN runs ON runs.id = model_calls.run WHERE repo = ?"


async def looping(world: World, model: str) -> "Spender":
    """Open an issue in a repository with such an agent."""
    files = {
        ".github/greenroom.yml": SETTINGS,
        ".github/agents/loop.md": AGENT.format(model=model),
    }
    asked = await world.issue(files, title="Go round")
    return Spender(world, asked.repo, asked.number)


@dataclass(frozen=True)
class Spender(Fixed):
    """An issue on which money is spent."""

    def run(self) -> tuple[str, str, str | None, str | None] | None:
        """Return the newest run."""
        found = self.world.rows(RUNS, self.repo)
        return found[-1] if found else None

    def spent(self) -> int:
        """Return what all of its runs have spent."""
        return int(self.world.rows(SPENT, self.repo)[0][0])

    async def goes_on(self) -> None:
        """Wait until there is a second run."""

        async def holds() -> bool:
            return len(self.world.rows(RUNS, self.repo)) == 2

        await self.world.until(holds, f"the second run of {self.repo}")
