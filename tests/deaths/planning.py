"""Plans that wait for a yes, and words to agents at work, while somebody dies."""

import base64
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.deaths.errands import FINISHED, PARKED, Crowd, Errand, Talk
from tests.deaths.waking import START
from tests.stories.people import place
from tests.stories.remains import live_jobs
from tests.stories.steered import MAKEFILE, patch
from tests.stories.world import World

AGENT = """\
---
name: learn
description: Plans, and does what was planned once somebody says yes
greenroom:
  runtime: command
  command: [sh, ./learn.sh]
  on: {command: learn}
  outputs: {plan: {max: 1}, pull_request: {max: 1}}
---
"""

PLANS = """
if grep -q "A person has said yes to your plan" /tmp/brief; then
    echo 3 > sum.txt
    echo As planned. | greenroom output pull-request --title "Add" --body-file -
else
    echo I would add three. | greenroom output plan --body-file -
fi
"""

PROJECT: Mapping[str, str] = {
    ".github/agents/learn.md": AGENT,
    "learn.sh": START + PLANS,
    "sum.txt": "0\n",
}
MORE = f"/gr fix apply this too\n\n{patch('NOTES.md', '# More')}"
AT_TESTS = """SELECT 1 FROM run_steps JOIN runs ON runs.id = run
    WHERE repo = ? AND text = 'Running the tests'"""

MAIL = "SELECT 1 FROM mailbox JOIN runs ON runs.id = run WHERE repo = ?"
UNREAD = f"{MAIL} AND read_at IS NULL"


class Plans(Talk):
    """An agent has a plan, and asks for a yes to it."""

    project = PROJECT
    done = PARKED.format("plan")

    async def begin(self) -> None:
        await self.says("/gr learn")

    async def plans(self) -> list[str]:
        """Return the beginnings of the hashes of the plans that people are asked about."""
        said = [each for each in await self.here.comments(self.number) if "has a plan" in each]
        return [found[1] for each in said if (found := re.search(r"/gr approve (\w+)", each))]

    async def should(self) -> dict[str, bool]:
        return {
            "the run waits": [run[1] for run in self.here.runs()] == ["parked"],
            "one plan": len(await self.plans()) == 1,
            "two comments": len(await self.here.comments(self.number)) == 2,
            "nothing is done": not await self._branches() and not await self.here.pulls(),
            "one pair of eyes": await self.here.reactions(self.comment) == ["eyes"],
        }


class Agrees(Plans):
    """A maintainer says yes to it."""

    done = FINISHED

    async def prepare(self) -> None:
        await super().prepare()
        await super().begin()
        await self.finds(Plans.done)
        await self.rests()

    async def begin(self) -> None:
        (named,) = await self.plans()
        await self.says(f"/gr approve {named}")

    async def should(self) -> dict[str, bool]:
        said = await self.here.comments(self.number)
        return {
            **await self._one_pull(comments=2),
            "it says who agreed": said[-1].endswith("maintainer said yes to it."),
        }


class Steers(Talk):
    """A maintainer asks for one thing more while the agent is at work."""

    project: ClassVar = {"Makefile": MAKEFILE, "README.md": "# Old\n", "NOTES.md": "# Old\n"}
    done = PARKED.format("review")

    @classmethod
    async def prepared(cls, world: World, crowd: Crowd) -> Errand:
        made = cls(await place(world, crowd, cls.project))
        await Talk.prepare(made)
        await made.says(f"/gr fix apply this\n\n{patch('README.md', '# New')}")
        await made.finds(AT_TESTS)
        return made

    async def begin(self) -> None:
        await self.says(MORE)
        await self.here.world.drained()

    async def is_settled(self) -> bool:
        """Let the tests of every turn end, in whichever job it is."""
        for job in live_jobs(self.here.world.home):
            (job.door / "first").touch()
            (job.door / "second").touch()
        return not self.has(UNREAD) and await super().is_settled()

    async def should(self) -> dict[str, bool]:
        pulls = await self.here.pulls()
        return {
            "one run, that waits": [run[1] for run in self.here.runs()] == ["parked"],
            "one pull request": len(pulls) == 1,
            "both are done": await self._texts(pulls) == ["# New\n", "# More\n"],
            "it was told once": len(self.here.world.rows(MAIL, self.here.repo)) == 1,
        }

    async def _texts(self, pulls: list[Any]) -> list[str]:
        ref = pulls[0]["head"]["sha"] if pulls else "main"
        return [await self._text(path, ref) for path in ("README.md", "NOTES.md")]

    async def _text(self, path: str, ref: str) -> str:
        found = await self.here.maintainer.get(f"{self.here.at}/contents/{path}", ref=ref)
        return base64.b64decode(found["content"]).decode()
