"""A repository whose tests wait for somebody, and the agent `fix` that runs them."""

from dataclasses import dataclass
from typing import Literal

from tests.stories.remains import live_jobs
from tests.stories.waits import Waited
from tests.stories.world import World

Turn = Literal["first", "second"]

MAKEFILE = """\
test:
\t@turn=first; if grep -q 'A word to you' $$GREENROOM_BRIEF; then turn=second; fi; \\
\tuntil test -e $$(dirname $$GREENROOM_BRIEF)/$$turn; do sleep 0.05; done
"""
"""Its tests end when somebody on the host says so, at each turn anew."""


def patch(path: str, new: str) -> str:
    """Write a change of a file of one line."""
    return f"```diff\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-# Old\n+{new}\n```\n"


@dataclass(frozen=True)
class Steered(Waited):
    """An issue whose agent is at work while people talk to it."""

    async def says(self, body: str) -> None:
        """Write a comment, and wait until all that comes of it is stored."""
        path = f"{self.at}/issues/{self.number}/comments"
        await self.world.hub.send("POST", path, {"body": body})
        await self.quiet()

    async def tests(self, times: int) -> None:
        """Wait until the agent has begun with the tests for so many times."""
        query = "SELECT 1 FROM run_steps JOIN runs ON runs.id = run WHERE repo = ? AND text = ?"

        async def holds() -> bool:
            return len(self.world.rows(query, self.repo, "Running the tests")) >= times

        await self.world.until(holds, f"the tests of {self.repo} for the {times}. time", 90)

    def let(self, turn: Turn) -> None:
        """Let the tests of one turn end, in the job that is alive."""
        (job,) = live_jobs(self.world.home)
        (job.door / turn).touch()

    def unread(self) -> int:
        """Count the messages that no job was told of."""
        query = """SELECT 1 FROM mailbox JOIN runs ON runs.id = run
            WHERE repo = ? AND read_at IS NULL"""
        return len(self.world.rows(query, self.repo))


async def steered(world: World) -> Steered:
    """Open an issue in such a repository, ask for one change, and have the tests begin."""
    files = {"Makefile": MAKEFILE, "README.md": "# Old\n", "NOTES.md": "# Old\n"}
    asked = await world.issue(files, title="Say more")
    made = Steered(world, asked.repo, asked.number)
    await made.says(f"/gr fix apply this\n\n{patch('README.md', '# New')}")
    await made.tests(1)
    return made
