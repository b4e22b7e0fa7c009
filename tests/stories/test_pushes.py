"""People push to a branch while an agent works on it: nothing of theirs is ever lost."""

import base64
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from tests.stories.killing import at_work, held
from tests.stories.people import Place, people, place
from tests.stories.project import CONFIGURED, TIDIED, UNTIDY

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.full]

BRANCH = "topic"
A_MOMENT = 5.0
"""Seconds after which a head could be seen by whoever comments."""

WAITS = "SELECT reason FROM waits JOIN runs ON runs.id = waits.run WHERE repo = ?"
JOBS = "SELECT count(*) FROM jobs JOIN runs ON runs.id = jobs.run WHERE repo = ?"


@dataclass(frozen=True, kw_only=True)
class Topic(Place):
    """A pull request of the maintainer's, with a file that is not tidy."""

    number: int

    async def push(self, path: str, text: str) -> str:
        return await self.writes(self.maintainer, path, text, BRANCH)

    async def rewrite(self) -> str:
        """Put another commit in the place of the branch's last one."""
        tip = await self.maintainer.get(f"{self.at}/git/commits/{await self.tip()}")
        parents = [each["sha"] for each in tip["parents"]]
        new = {"message": "In other words", "tree": tip["tree"]["sha"], "parents": parents}
        made = await self.maintainer.send("POST", f"{self.at}/git/commits", new)
        move = {"sha": made["sha"], "force": True}
        await self.maintainer.send("PATCH", f"{self.at}/git/refs/heads/{BRANCH}", move)
        return str(made["sha"])

    async def tip(self) -> str:
        found = await self.maintainer.get(f"{self.at}/git/ref/heads/{BRANCH}")
        return str(found["object"]["sha"])

    async def parent(self, sha: str) -> str:
        (parent,) = (await self.maintainer.get(f"{self.at}/git/commits/{sha}"))["parents"]
        return str(parent["sha"])

    async def text(self, path: str) -> str:
        found = await self.maintainer.get(f"{self.at}/contents/{path}", ref=BRANCH)
        return base64.b64decode(found["content"]).decode()

    async def said(self) -> str:
        """The run's own comment."""
        return (await self.comments(self.number))[0]

    def jobs(self) -> int:
        return int(self.world.rows(JOBS, self.repo)[0][0])

    def waits(self) -> list[str]:
        return [reason for (reason,) in self.world.rows(WAITS, self.repo)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def crowd(town):
    async with people(town) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def topic(town, crowd):
    await town.tomorrow()
    there = await place(town, crowd, {**CONFIGURED, "README.md": "# Sums\n"})
    await there.writes(there.maintainer, "sums.py", UNTIDY["sums.py"], BRANCH)
    pull = {"title": "Add", "body": "", "head": BRANCH, "base": "main"}
    made: Any = await there.maintainer.send("POST", f"{there.at}/pulls", pull)
    await town.drained()
    town.move(A_MOMENT)
    return Topic(world=town, repo=there.repo, number=made["number"], **_people(there))


def _people(there):
    return {
        "maintainer": there.maintainer,
        "contributor": there.contributor,
        "stranger": there.stranger,
    }


@pytest.mark.parametrize("command", ["tidy", "fix Format and lint"])
async def test_both_are_on_the_pull_request_when_somebody_pushes_meanwhile(town, topic, command):
    async with held(town):
        await topic.says(topic.maintainer, topic.number, f"/gr {command}")
        await at_work(town)
        theirs = await topic.push("notes.md", "Mine.\n")
    await ends(topic)
    assert (await topic.text("sums.py"), await topic.text("notes.md")) == (TIDIED, "Mine.\n")
    assert await topic.parent(await topic.tip()) == theirs
    assert f"Somebody has pushed `{theirs[:9]}` meanwhile; going on from there" in (
        await topic.said()
    )
    assert topic.jobs() == 2


async def ends(topic):
    """Wait until the run ends, or waits for a review of what it has pushed."""

    async def holds() -> bool:
        ((_, state, _, _),) = topic.runs()
        return state == "finished" or topic.waits() == ["review"]

    await topic.world.until(holds, f"the end of {topic.repo}", 90)
    await topic.quiet()


async def test_what_does_not_go_together_becomes_a_question(town, topic):
    async with held(town):
        await topic.says(topic.maintainer, topic.number, "/gr fix Format and lint")
        await at_work(town)
        theirs = await topic.push("sums.py", "import os\ndef add( a,b,c ):\n    return a+b+c\n")

    async def asks() -> bool:
        return topic.waits() == ["answer"]

    await town.until(asks, "a question", 90)
    await topic.quiet()
    assert await topic.tip() == theirs
    assert "waiting for an answer" in await topic.said()
    (_, question, *_) = await topic.comments(topic.number)
    assert "@maintainer, **fix** asks:" in question
    await topic.says(topic.maintainer, topic.number, "/gr stop")
    await topic.quiet()
    assert [state for _, state, *_ in topic.runs()] == ["finished"]


async def test_a_history_that_was_rewritten_is_left_alone_and_it_is_said_why(town, topic):
    async with held(town):
        await topic.says(topic.maintainer, topic.number, "/gr tidy")
        await at_work(town)
        theirs = await topic.rewrite()
    await topic.quiet()
    ((*_, conclusion, words),) = topic.runs()
    assert conclusion == "failure"
    assert words.startswith("`topic` was rewritten while the agent worked")
    assert words in await topic.said()
    assert await topic.tip() == theirs
