"""What somebody asks for while somebody else dies: how it begins, and how it has to end.

Each errand has a place of its own.  All but the first come from people who talk.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.demo.hub import Hub
from tests.devhub.checkout import run_git
from tests.stories.asked import UNSETTLED, Asked
from tests.stories.people import BUSY, WAITING, Place, place
from tests.stories.project import UNTIDY
from tests.stories.verdict import wrong_after_failure, wrong_after_success
from tests.stories.world import World

Crowd = Mapping[str, Hub]

PATCH = """\
```diff
--- a/README.md
+++ b/README.md
@@ -1 +1 @@
-# Sums
+# All sums
```
"""
FIX = """\
---
name: fix
description: Applies suggested changes, and waits for nothing once they are pushed
greenroom:
  runtime: playbook
  context: thread
  on: {command: fix}
  outputs: {pull_request: {max: 1}, push: {max: 1}}
---
"""
SIGNED = "version: 1\ncommits: {signed: true}\n"
MISTAKEN = "version: 1\ncommands:\n  bear: true\n  bore: true\n"
FINISHED = "SELECT 1 FROM runs WHERE repo = ? AND state = 'finished' AND compute = 'none'"
PARKED = "SELECT 1 FROM waits JOIN runs ON runs.id = run WHERE repo = ? AND reason = '{}'"
MADE = "SELECT 1 FROM outbox WHERE repo = ? AND target LIKE '{}:%' AND done >= version"

FORTNIGHT = 15 * 86_400.0
"""Seconds after which nobody is waited for any more."""


class Errand(ABC):
    """Something that is asked for, watched until it is done."""

    @classmethod
    @abstractmethod
    async def prepared(cls, world: World, crowd: Crowd) -> "Errand":
        """Make a place, and bring it so far that `begin` is all that is missing."""

    @abstractmethod
    async def begin(self) -> None:
        """Ask for it."""

    @abstractmethod
    async def is_settled(self) -> bool:
        """Tell whether it is done, and nothing is left to be said."""

    @abstractmethod
    async def settled(self) -> None:
        """Wait for that, and for what comes of what was said."""

    @abstractmethod
    def jobs(self) -> int:
        """Count the jobs that it took."""

    @abstractmethod
    async def wrong(self) -> list[str]:
        """Return what GitHub shows too often, not at all, or not as it should."""

    async def wrong_without_agent(self) -> list[str]:
        """Return what is wrong although the agent was killed."""
        return await self.wrong()


@dataclass(frozen=True)
class Labelled(Errand):
    """A maintainer labels an issue."""

    asked: Asked

    @classmethod
    async def prepared(cls, world: World, crowd: Crowd) -> Errand:  # noqa: ARG003 - nobody else is needed
        asked = await world.issue()
        await asked.quiet()
        return cls(asked)

    async def begin(self) -> None:
        await self.asked.label()

    async def is_settled(self) -> bool:
        return await self.asked.is_settled()

    async def settled(self) -> None:
        await self.asked.settled()

    def jobs(self) -> int:
        return self.asked.jobs()

    async def wrong(self) -> list[str]:
        return await wrong_after_success(self.asked)

    async def wrong_without_agent(self) -> list[str]:
        run = self.asked.run()
        if run is not None and run[2] == "failure":
            return await wrong_after_failure(self.asked, "signal 9")
        return await self.wrong()


@dataclass
class Talk(Errand):
    """Somebody says something on an issue or a pull request.

    Attributes:
        number: of the issue or pull request.
        comment: what was said last.
        about: a commit that the errand is about.
    """

    here: Place
    number: int = 0
    comment: int = 0
    about: str = ""

    project: ClassVar[Mapping[str, str]] = UNTIDY
    done: ClassVar[str] = FINISHED
    """A query that finds something once it is done."""

    @classmethod
    async def prepared(cls, world: World, crowd: Crowd) -> Errand:
        made = cls(await place(world, crowd, cls.project))
        await made.prepare()
        await made.rests()
        return made

    async def prepare(self) -> None:
        self.number = await self.here.issue(self.here.maintainer)

    async def says(self, body: str, who: Hub | None = None) -> None:
        self.comment = await self.here.says(who or self.here.maintainer, self.number, body)

    def has(self, query: str) -> bool:
        return bool(self.here.world.rows(query, self.here.repo))

    async def finds(self, query: str) -> None:
        """Wait until a query finds something."""

        async def holds() -> bool:
            return self.has(query)

        await self.here.world.until(holds, f"{query} in {self.here.repo}")

    async def rests(self) -> None:
        """Wait until every delivery was handled and nothing is left to be done."""
        for _ in range(2):
            await self.here.world.drained()
            await self.here.world.until(self._is_quiet, f"{self.here.repo} at rest")

    async def _is_quiet(self) -> bool:
        waiting = self.here.world.rows(WAITING)
        return not (waiting or self.has(UNSETTLED) or self.has(BUSY))

    async def is_settled(self) -> bool:
        return self.has(self.done) and await self._is_quiet()

    async def settled(self) -> None:
        await self.here.world.until(self.is_settled, f"{type(self).__name__} in {self.here.repo}")
        await self.rests()

    def jobs(self) -> int:
        query = "SELECT count(*) FROM jobs JOIN runs ON runs.id = jobs.run WHERE repo = ?"
        return int(self.here.world.rows(query, self.here.repo)[0][0])

    async def wrong(self) -> list[str]:
        should = await self.should()
        wrong = [what for what, holds in should.items() if not holds]
        return [*wrong, f"the runs: {self.here.runs()}"] if wrong else []

    @abstractmethod
    async def should(self) -> dict[str, bool]:
        """Return what has to hold in the end."""

    async def _branches(self) -> list[str]:
        listed = await self.here.maintainer.get(f"{self.here.at}/branches")
        return [each["name"] for each in listed if each["name"] != "main"]

    async def _ends(self, ref: str) -> list[str]:
        return [each["conclusion"] for each in await self.here.checks(ref)]

    async def _one_pull(self, comments: int = 1) -> dict[str, bool]:
        """Return what holds when one run has opened one pull request."""
        said, pulls = await self.here.comments(self.number), await self.here.pulls()
        head = pulls[0]["head"]["sha"] if pulls else "main"
        return {
            "one run, of success": [run[1:3] for run in self.here.runs()]
            == [("finished", "success")],
            f"{comments} comments": len(said) == comments,
            "one pull request": len(pulls) == 1,
            "it is named": bool(pulls) and f"opened #{pulls[0]['number']}" in said[0],
            "one branch": len(await self._branches()) == 1,
            "one check run, of success": await self._ends(head) == ["success"],
            "the one who asked is answered": await self.here.reactions(self.comment)
            in (["eyes"], ["+1"]),
        }


class Commands(Talk):
    """A maintainer writes `/gr tidy`."""

    async def begin(self) -> None:
        await self.says("Please:\n\n/gr tidy\n")

    async def should(self) -> dict[str, bool]:
        return await self._one_pull()


class CommandsSigned(Commands):
    """The same, where GitHub is to sign the commits."""

    async def prepare(self) -> None:
        await self.here.writes(self.here.maintainer, ".github/greenroom.yml", SIGNED)
        await super().prepare()

    async def should(self) -> dict[str, bool]:
        pulls = await self.here.pulls()
        head = pulls[0]["head"]["sha"] if pulls else "main"
        commit = await self.here.maintainer.get(f"{self.here.at}/commits/{head}")
        url = f"{self.here.world.url}/{self.here.repo}.git"
        listed = await run_git("ls-remote", url, cwd=self.here.world.root)
        refs = [line.split("\t")[1] for line in listed.splitlines()]
        return {
            **await self._one_pull(),
            "the commit is signed": commit["commit"]["verification"]["verified"],
            "nothing lent is left": all(
                each.startswith(("HEAD", "refs/heads/", "refs/pull/")) for each in refs
            ),
        }


class CommandsOnPull(Talk):
    """A maintainer writes `/gr tidy` on a pull request from a branch."""

    async def prepare(self) -> None:
        self.about = await self.here.writes(
            self.here.maintainer, "b.py", "import os,sys\n", branch="side"
        )
        new = {"title": "Add b", "head": "side", "base": "main", "body": ""}
        pull = await self.here.maintainer.send("POST", f"{self.here.at}/pulls", new)
        self.number = pull["number"]
        await self.rests()
        self.here.world.move(2)

    async def begin(self) -> None:
        await self.says("/gr tidy")

    async def should(self) -> dict[str, bool]:
        pull = await self.here.maintainer.get(f"{self.here.at}/pulls/{self.number}")
        return {
            "one run, of success": [run[1:3] for run in self.here.runs()]
            == [("finished", "success")],
            "one commit more": pull["commits"] == 2,
            "one comment": len(await self.here.comments(self.number)) == 1,
            "one check run, of success": await self._ends(pull["head"]["sha"]) == ["success"],
            "none left open before it": await self._ends(self.about) == ["neutral"],
            "one pair of eyes": await self.here.reactions(self.comment) == ["eyes"],
            "no other branch": await self._branches() == ["side"],
        }


class AsksForYes(Talk):
    """A maintainer has a stranger's suggestion applied: the push waits for a yes."""

    done = PARKED.format("approval")

    async def prepare(self) -> None:
        here = self.here
        await here.writes(here.maintainer, ".github/agents/fix.md", FIX)
        self.number = await here.issue(here.stranger, "The title could say more", PATCH)

    async def begin(self) -> None:
        await self.says("/gr fix apply the suggestion of stranger")

    def asked(self) -> str:
        query = """SELECT about FROM waits JOIN runs ON runs.id = run
            WHERE repo = ? AND reason = 'approval'"""
        found = self.here.world.rows(query, self.here.repo)
        return str(found[0][0]) if found else ""

    async def should(self) -> dict[str, bool]:
        said = await self.here.comments(self.number)
        return {
            "two comments": len(said) == 2,
            "the second asks": f"/gr approve {self.asked()[:12]}" in said[-1],
            "the run waits": [run[1] for run in self.here.runs()] == ["parked"],
            "nothing is pushed": not await self._branches() and not await self.here.pulls(),
            "one pair of eyes": await self.here.reactions(self.comment) == ["eyes"],
        }


class SaysYes(AsksForYes):
    """The maintainer says yes to it."""

    done = FINISHED

    async def prepare(self) -> None:
        await super().prepare()
        await super().begin()
        await self.finds(AsksForYes.done)
        await self.rests()
        self.about = self.asked()

    async def begin(self) -> None:
        await self.says(f"/gr approve {self.about[:12]}")

    async def should(self) -> dict[str, bool]:
        said, pulls = await self.here.comments(self.number), await self.here.pulls()
        return {
            **await self._one_pull(comments=2),
            "the commit is the one": [each["head"]["sha"] for each in pulls] == [self.about],
            "the question is settled": said[-1].endswith("a yes was given, it is pushed."),
        }


class StopsInstead(SaysYes):
    """The maintainer stops it instead."""

    async def begin(self) -> None:
        await self.says("/gr stop")

    async def should(self) -> dict[str, bool]:
        said = await self.here.comments(self.number)
        return {
            "the run is stopped": [run[1:3] for run in self.here.runs()]
            == [("finished", "cancelled")],
            "two comments": len(said) == 2,
            "the question is settled": said[-1].endswith("the run was stopped, it is dropped."),
            "nothing is pushed": not await self._branches() and not await self.here.pulls(),
            "they are answered": await self.here.reactions(self.comment) == ["+1"],
        }


class Questions(Talk):
    """An agent cannot decide, and asks: its run waits for the answer."""

    done = PARKED.format("answer")

    async def begin(self) -> None:
        await self.says("/gr fix it somehow")

    async def should(self) -> dict[str, bool]:
        said = await self.here.comments(self.number)
        return {
            "the run waits": [run[1] for run in self.here.runs()] == ["parked"],
            "two comments": len(said) == 2,
            "the second asks": "@maintainer, **fix** asks:" in said[-1],
            "one pair of eyes": await self.here.reactions(self.comment) == ["eyes"],
        }


class Refuses(Talk):
    """A stranger asks for what they may not have."""

    done = MADE.format("refusal")

    async def begin(self) -> None:
        await self.says("/gr tidy", self.here.stranger)

    async def should(self) -> dict[str, bool]:
        said = await self.here.comments(self.number)
        return {
            "one comment": len(said) == 1,
            "it says why": "needs write access" in said[0],
            "no run": not self.here.runs(),
            "one reaction": await self.here.reactions(self.comment) == ["confused"],
        }


class Replies(Talk):
    """A maintainer asks for help."""

    done = MADE.format("reply")

    async def begin(self) -> None:
        await self.says("/gr help")

    async def should(self) -> dict[str, bool]:
        said = await self.here.comments(self.number)
        return {"one comment": len(said) == 1, "it helps": "Here you may say" in said[0]}


class Misconfigures(Talk):
    """A commit has two mistakes in the configuration."""

    done = MADE.format("config")

    async def begin(self) -> None:
        path = ".github/greenroom.yml"
        self.about = await self.here.writes(self.here.maintainer, path, MISTAKEN)

    async def should(self) -> dict[str, bool]:
        return {
            "one check run, of failure": await self._ends(self.about) == ["failure"],
            "each mistake once": await self._lines() == [3, 4],
        }

    async def _lines(self) -> list[int]:
        found: list[int] = []
        for check in await self.here.checks(self.about):
            path = f"{self.here.at}/check-runs/{check['id']}/annotations"
            found += [each["start_line"] for each in await self.here.maintainer.get(path)]
        return sorted(found)


class Pauses(Talk):
    """A maintainer pauses the repository, and asks for a run."""

    done = "SELECT 1 FROM runs WHERE repo = ? AND state = 'queued'"

    async def begin(self) -> None:
        await self.says("/gr pause\n\n/gr tidy")

    async def should(self) -> dict[str, bool]:
        said = await self.here.comments(self.number)
        return {
            "the run waits": [run[1] for run in self.here.runs()] == ["queued"],
            "one comment": len(said) == 1,
            "it says who paused": "Runs are paused by maintainer" in said[0],
            "two reactions": sorted(await self.here.reactions(self.comment)) == ["+1", "eyes"],
        }


class Resumes(Pauses):
    """They end the pause."""

    done = FINISHED

    async def prepare(self) -> None:
        await super().prepare()
        await super().begin()
        await self.rests()

    async def begin(self) -> None:
        await self.says("/gr resume")

    async def should(self) -> dict[str, bool]:
        return await self._one_pull()


class Expires(CommandsOnPull):
    """Nobody says yes to a head that nobody could have seen."""

    async def prepare(self) -> None:
        lost: dict[str, Any] = {"lose_times": 1, "lose_match": "pull_request.opened"}
        async with self.here.world.switched(**lost):
            await super().prepare()
        await super().begin()
        await self.rests()

    async def begin(self) -> None:
        self.here.world.move(FORTNIGHT)

    async def should(self) -> dict[str, bool]:
        said = await self.here.comments(self.number)
        return {
            "the run is over": [run[1:3] for run in self.here.runs()]
            == [("finished", "timed_out")],
            "one comment": len(said) == 1,
            "it says so": "Nobody said yes in time." in said[0],
            "every check run is completed": await self._ends(self.about) == ["timed_out"],
        }
