"""Runs that wait and go on while somebody dies, and how they have to end."""

import base64
from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar

from bot.github.threads import THREADS
from tests.deaths.errands import FINISHED, MADE, Crowd, Errand, Talk
from tests.stories.people import place
from tests.stories.remains import end_jobs, live_jobs
from tests.stories.waits import TEST
from tests.stories.world import World

AGENT = """\
---
name: learn
description: Does something, and something better once it is told more
greenroom:
  runtime: command
  command: [sh, ./learn.sh]
  on: {{command: learn}}
  outputs: {{pull_request: {{max: 1}}, push: {{max: 1}}, question: {{max: 1}}}}
  waits: [{waits}]
---
"""

START = """\
#!/bin/sh
set -e
cp "$GREENROOM_BRIEF" /tmp/brief
"""

MENDS = """
if grep -q "CI failed on" /tmp/brief; then
    echo 4 > sum.txt
    echo Right now. | greenroom output push --title "Add again" --body-file -
else
    echo 3 > sum.txt
    echo Added it. | greenroom output pull-request --title "Add" --body-file -
fi
"""

ASKS = """
if grep -q "An answer to your question" /tmp/brief; then
    grep -x "that" /tmp/brief > sum.txt
    echo As you say. | greenroom output pull-request --title "Add that" --body-file -
else
    greenroom output question --text "Which one?" --choice this --choice that
fi
"""

LISTENS = """
if grep -q "Text about sum.txt, line 1" /tmp/brief; then
    echo 4 > sum.txt
    echo Taken up. | greenroom output push --title "Add again" --body-file -
else
    echo 3 > sum.txt
    echo Added it. | greenroom output pull-request --title "Add" --body-file -
fi
"""

GOES_ON = """
if test -e kept.txt; then
    echo Went on. | greenroom output pull-request --title "Add what was kept" --body-file -
else
    echo one > kept.txt
    greenroom step "One is done"
    until test -e "$HOME/go"; do sleep 0.05; done
    echo two >> kept.txt
    greenroom step "Two is done"
    exec sleep 600
fi
"""

WAITS = """SELECT 1 FROM waits JOIN runs ON runs.id = run
    WHERE repo = ? AND reason = '{}' AND state = 'parked' AND compute = 'none'"""
STEP = """SELECT 1 FROM run_steps JOIN runs ON runs.id = run
    WHERE repo = ? AND text = '{} is done'"""
KEPT = "SELECT 1 FROM runs WHERE repo = ? AND json_extract(checkpoint, '$.work') IS NOT NULL"
LEASED = "SELECT 1 FROM runs WHERE repo = ? AND leased_by IS NOT NULL"
AGAIN = f"{WAITS} AND fence > 1"

HOUR, MINUTE = 3600.0, 60.0

FAST = 40.0
"""How fast the clock goes while nothing has to happen but that time passes."""


def files(script: str, waits: str = "") -> Mapping[str, str]:
    """Return a repository with an agent that does what `script` says."""
    agent = AGENT.format(waits=waits)
    return {".github/agents/learn.md": agent, "learn.sh": START + script, "sum.txt": "0\n"}


class Woken(Talk):
    """A run that waits is woken.

    Attributes:
        waiting: what its first job waits for.
        told: what the others are told of in all, by kind; each wakes it once.
        commits: on its pull request in the end.
    """

    waiting: ClassVar[str]
    told: ClassVar[Mapping[str, int]]
    commits: ClassVar[int] = 1

    async def prepare(self) -> None:
        await super().prepare()
        await self.says("/gr learn")
        await self.parked(WAITS.format(self.waiting))

    async def parked(self, query: str) -> None:
        """Wait until it waits, and all is said."""
        await self.finds(query)
        await self.rests()

    async def opened(self) -> dict[str, Any]:
        (pull,) = await self.here.pulls()
        return pull

    async def should(self) -> dict[str, bool]:
        pulls, said = await self.here.pulls(), await self.here.comments(self.number)
        pull = await self._pull(pulls)
        return {
            "one run": len(self.here.runs()) == 1,
            "one pull request": len(pulls) == 1,
            f"{self.commits} commits": pull.get("commits") == self.commits,
            "it is named in one comment": sum(f"#{pull.get('number')}" in each for each in said)
            == 1,
            "every event has woken once, and was read": self._messages() == dict(self.told),
            "it went on once for each": self._lines("Going on") == sum(self.told.values()),
            "no check run is left open before its head": await self._completed(pull),
            **await self.ends_so(pull, said),
        }

    @abstractmethod
    async def ends_so(self, pull: Mapping[str, Any], said: list[str]) -> dict[str, bool]:
        """Return what else has to hold in the end."""

    async def _pull(self, pulls: list[dict[str, Any]]) -> dict[str, Any]:
        if not pulls:
            return {}
        path = f"{self.here.at}/pulls/{pulls[0]['number']}"
        found: dict[str, Any] = await self.here.maintainer.get(path)
        return found

    def _messages(self) -> dict[str, int]:
        """Count what the jobs were told of by kind; what was not read is another kind."""
        query = """SELECT json_extract(message, '$.kind'), read_at IS NULL FROM mailbox
            JOIN runs ON runs.id = run WHERE repo = ?"""
        rows = self.here.world.rows(query, self.here.repo)
        return dict(Counter(f"unread {kind}" if unread else kind for kind, unread in rows))

    def _lines(self, begin: str) -> int:
        query = """SELECT count(*) FROM run_steps JOIN runs ON runs.id = run
            WHERE repo = ? AND text LIKE ?"""
        return int(self.here.world.rows(query, self.here.repo, f"{begin}%")[0][0])

    async def _completed(self, pull: Mapping[str, Any]) -> bool:
        """Tell whether check runs are done: one of each head, open only while its run waits."""
        if not pull:
            return False
        path = f"{self.here.at}/pulls/{pull['number']}/commits"
        *before, head = [each["sha"] for each in await self.here.maintainer.get(path)]
        ends = [end for sha in before for end in await self._ends(sha)]
        last = await self._ends(head)
        waits = [run[1] for run in self.here.runs()] == ["parked"]
        return None not in ends and len(last) == 1 and (last == [None]) is waits

    def over(self, words: str) -> bool:
        ended = [run[1:] for run in self.here.runs()]
        return ended == [("finished", "success", words)]


class Mends(Woken):
    """CI tells that it is red; the run mends it, and CI is green."""

    project = files(MENDS, "ci")
    done = FINISHED
    waiting = "ci"
    told: ClassVar = {"ci": 1}
    commits = 2

    async def prepare(self) -> None:
        await self._ci(delay=HOUR)
        await super().prepare()

    async def _ci(self, delay: float) -> None:
        owner, _, name = self.here.repo.partition("/")
        new = {"owner": owner, "name": name, "command": TEST, "delay": delay}
        await self.here.world.control("POST /ci", **new)

    async def begin(self) -> None:
        """Let CI end, at a moment when nobody is asking GitHub: credentials are of minutes."""
        await self._ci(delay=0)
        await self.here.world.until(self._is_let_go, f"nobody looks at {self.here.repo}")
        self.here.world.move(HOUR)

    async def _is_let_go(self) -> bool:
        return not self.has(LEASED)

    async def settled(self) -> None:
        """Wait with a fast clock: a minute passes after each push, in which CI may begin."""
        world = self.here.world
        world.pace, before = FAST, world.pace
        try:
            await super().settled()
        finally:
            world.pace = before

    async def ends_so(self, pull: Mapping[str, Any], said: list[str]) -> dict[str, bool]:
        return {
            "the run has ended well": self.over("CI is green."),
            "one comment": len(said) == 1,
            "the pull request shows CI": (pull.get("body") or "").count("✅ green") == 1,
        }


class Answers(Woken):
    """A maintainer answers the agent's question, and it opens a pull request."""

    project = files(ASKS)
    done = FINISHED
    waiting = "answer"
    told: ClassVar = {"answer": 1}

    async def begin(self) -> None:
        await self.says("that")

    async def ends_so(self, _pull: Mapping[str, Any], said: list[str]) -> dict[str, bool]:
        return {
            "the run has ended well": [run[1:3] for run in self.here.runs()]
            == [("finished", "success")],
            "two comments": len(said) == 2,
            "the question is settled": said[-1].endswith("Answered by maintainer."),
            "the answer is seen": await self.here.reactions(self.comment) == ["+1"],
        }


class Reviews(Woken):
    """A maintainer wants a change; the run makes it, and waits for the next word."""

    project = files(LISTENS, "review")
    done = AGAIN.format("review")
    waiting = "review"
    told: ClassVar = {"review": 1}
    commits = 2

    async def begin(self) -> None:
        pull = await self.opened()
        line = {"path": "sum.txt", "line": 1, "side": "RIGHT", "body": "Is it?"}
        await self.reviews(pull, "REQUEST_CHANGES", body="Not yet.", comments=[line])

    async def reviews(self, pull: Mapping[str, Any], event: str, **more: Any) -> None:
        path = f"{self.here.at}/pulls/{pull['number']}/reviews"
        await self.here.maintainer.send("POST", path, {"event": event, **more})

    async def ends_so(self, pull: Mapping[str, Any], said: list[str]) -> dict[str, bool]:
        return {
            "one comment": len(said) == 1,
            "one answer in the thread": await self._answers(pull) == 1,
            "the thread is resolved": await self._resolved(pull) == [True],
            **await self.then(pull),
        }

    async def then(self, pull: Mapping[str, Any]) -> dict[str, bool]:
        return {
            "it waits": [run[1] for run in self.here.runs()] == ["parked"],
            "the pull request is open": pull.get("state") == "open",
        }

    async def _answers(self, pull: Mapping[str, Any]) -> int:
        if not pull:
            return 0
        path = f"{self.here.at}/pulls/{pull['number']}/comments"
        words = f"Taken up in {pull['head']['sha']}."
        return sum(words in each["body"] for each in await self.here.maintainer.get(path))

    async def _resolved(self, pull: Mapping[str, Any]) -> list[bool]:
        owner, _, name = self.here.repo.partition("/")
        values = {"owner": owner, "name": name, "number": pull.get("number", 0)}
        ask = {"query": THREADS, "variables": values}
        found = (await self.here.maintainer.send("POST", "/graphql", ask))["data"]["repository"]
        threads = found["pullRequest"]["reviewThreads"]["nodes"] if found["pullRequest"] else []
        return [each["isResolved"] for each in threads]


class Approves(Reviews):
    """They approve what it has made."""

    done = FINISHED

    async def prepare(self) -> None:
        await super().prepare()
        await super().begin()
        await self.parked(AGAIN.format("review"))

    async def begin(self) -> None:
        await self.reviews(await self.opened(), "APPROVE")

    async def then(self, pull: Mapping[str, Any]) -> dict[str, bool]:
        return {
            "the run has ended well": self.over("maintainer approved it."),
            "the pull request is open": pull.get("state") == "open",
        }


class Merges(Approves):
    """They merge it."""

    done = MADE.format("unbranch")

    async def prepare(self) -> None:
        await super().prepare()
        await super().begin()
        await self.parked(FINISHED)

    async def begin(self) -> None:
        pull = await self.opened()
        path = f"{self.here.at}/pulls/{pull['number']}/merge"
        await self.here.maintainer.send("PUT", path, {})

    async def then(self, pull: Mapping[str, Any]) -> dict[str, bool]:
        return {
            "the run has ended well": self.over("maintainer approved it."),
            "the pull request is merged": pull.get("merged") is True,
            "its branch is gone": not await self._branches(),
        }


class GoesOn(Talk):
    """A job dies while its checkpoint is under way; the next one goes on from what was kept."""

    project = files(GOES_ON)

    @classmethod
    async def prepared(cls, world: World, crowd: Crowd) -> Errand:
        made = cls(await place(world, crowd, cls.project))
        await made.prepare()
        await made.says("/gr learn")
        await made.finds(STEP.format("One"))
        world.move(MINUTE)
        await made.finds(KEPT)
        return made

    async def begin(self) -> None:
        """Have the job do more, and leave it."""
        for job in live_jobs(self.here.world.home):
            (job.home / "go").touch()
        await self.finds(STEP.format("Two"))
        self.here.world.move(MINUTE)

    async def settled(self) -> None:
        if self.jobs() == 1:
            end_jobs(self.here.world.home)
        await super().settled()

    async def should(self) -> dict[str, bool]:
        return await self._one_pull()

    async def kept(self) -> str:
        """Return what its pull request has of what the first job did."""
        (pull,) = await self.here.pulls()
        path = f"{self.here.at}/contents/kept.txt"
        found = await self.here.maintainer.get(path, ref=pull["head"]["sha"])
        return base64.b64decode(found["content"]).decode()
