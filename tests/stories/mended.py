"""The demo's small project, whose agent breaks a test and is told of it, in a world."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.demo import tally
from bot.sandbox.folder import JobFolder
from tests.stories.remains import live_jobs
from tests.stories.waits import Waited
from tests.stories.world import World

ASKED = """
    SELECT name, json_extract(verdict, '$.outcome'), json_extract(verdict, '$.failing[0]'), tree
    FROM validations WHERE repo = ? ORDER BY created_at
"""


@dataclass(frozen=True)
class Mended(Waited):
    """An issue whose change breaks a test."""

    async def says(self, number: int, body: str) -> None:
        await self.world.hub.send("POST", f"{self.at}/issues/{number}/comments", {"body": body})

    async def agents_job(self) -> JobFolder:
        """Wait until the agent is at work; return the folder of its job."""
        await self.working()
        (job,) = [job for job in live_jobs(self.world.home) if not job.root.name.startswith("v-")]
        return job

    async def tree(self, head: str) -> str:
        """Return Git's name of the tree of a commit on GitHub."""
        return str((await self.get(f"/git/commits/{head}"))["tree"]["sha"])

    async def verdict(self, name: str, head: str) -> str:
        """Wait for the check run of a validation; return its title."""
        found: list[str] = []

        async def holds() -> bool:
            runs = {run["name"]: run for run in await self.checks(head)}
            run = runs.get(f"greenroom / validate {name}")
            found.extend([run["output"]["title"]] if run and run["conclusion"] else [])
            return bool(found)

        await self.world.until(holds, f"the verdict of {name}")
        return found[0]

    def asked(self) -> list[tuple[Any, ...]]:
        """Name, outcome, first failing test and tree of each validation, in their order."""
        return self.world.rows(ASKED, self.repo)


async def tallied(
    world: World, *, builds: bool = False, more: Mapping[str, str] | None = None
) -> Mended:
    """Open the demo's issue in a repository with more files."""
    files = {**tally.files(builds=builds), **(more or {})}
    asked = await world.issue(files, title=tally.TITLE)
    body = {"body": tally.body(builds=builds)}
    await world.hub.send("PATCH", f"{asked.at}/issues/{asked.number}", body)
    return Mended(world, asked.repo, asked.number)
