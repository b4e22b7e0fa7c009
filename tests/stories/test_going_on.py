"""Runs that are over and go on after all: from their last checkpoint, where they had come to."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.stories.killing import at_work, held
from tests.stories.sums import TIDY, Fixed, sums
from tests.stories.waits import AGENT, FILES, LABEL, project

UNTIDY = "def add(a,b):\n    return a + b\n"

MEND = """\
#!/bin/sh
# Is wrong twice, each time in another way, and right when it may go on once more.
set -e
cp "$GREENROOM_BRIEF" /tmp/brief
asks=push
if grep -q "You go on where an earlier run of yours has ended" /tmp/brief; then
    grep -q "It ended so: CI still fails after going on once" /tmp/brief
    grep -q "E assert six == 4" /tmp/brief
    grep -q "^2. A job of an earlier run, told: ci has failed" /tmp/brief
    echo 4 > sum.txt
elif grep -q "CI failed on" /tmp/brief; then
    echo six > sum.txt
else
    echo five > sum.txt
    asks=pull-request
fi
echo Mended. | greenroom output $asks --title "Add" --body-file -
"""

LIMITED = {
    **FILES,
    ".github/greenroom.yml": "version: 1\nlimits: {handoffs: 1}\n",
    ".github/agents/mend.md": AGENT,
    "mend.sh": MEND,
}

RUNS = """
    SELECT state, compute, conclusion, words, checkpoint FROM runs WHERE repo = ? ORDER BY id
"""

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.full]


@dataclass(frozen=True)
class Again(Fixed):
    """An issue on which one run after the other goes on."""

    def runs(self) -> list[tuple[Any, ...]]:
        return self.world.rows(RUNS, self.repo)

    def run(self) -> tuple[Any, ...] | None:
        """The newest run."""
        return self.runs()[-1][:4] if self.runs() else None

    def sessions(self) -> set[str]:
        """Return the names of the sessions that were left by all of the runs."""
        left = [json.loads(found) for *_, found in self.runs()]
        return {name for each in left for name in self._names(each["session"])}

    async def opens_again(self, runs: int) -> None:
        """Open the issue again, and wait for the run that goes on."""
        path = f"{self.at}/issues/{self.number}"
        await self.world.hub.send("PATCH", path, {"state": "open"})

        async def holds() -> bool:
            return len(self.runs()) == runs

        await self.world.until(holds, f"run {runs} of {self.repo}")


def again(asked: Fixed) -> Again:
    return Again(asked.world, asked.repo, asked.number)


async def test_an_issue_that_is_closed_and_opened_again_goes_on_in_one_session(town):
    """It is closed first while the agent works, and then while its run waits for people."""
    asked = again(await sums(town, "", text=UNTIDY))
    async with held(town):
        await asked.says("/gr fix Format and lint")
        await at_work(town)
        await asked.close()
        await asked.stopped()
    assert asked.run() == ("finished", "none", "cancelled", "The issue was closed.")
    await asked.opens_again(2)
    await asked.parked("review")
    pull = await asked.pull()
    assert await asked.text("sums.py", pull) == TIDY
    await asked.close()
    await asked.stopped()
    await asked.opens_again(3)
    await asked.parked("review")
    assert (await asked.pull())["number"] == pull["number"]
    await asked.review(await asked.pull(), "approve")
    await asked.settled()
    assert asked.run() == ("finished", "none", "success", "maintainer approved it.")
    assert len(asked.runs()) == asked.jobs() == 3
    assert len(asked.sessions()) == 1
    first, second, third = (each["body"] for each in (await asked.comments())[1:])
    assert "Opening it again goes on from here." in first
    assert "Going on from where" in second
    assert "Opening it again goes on from here." in second
    assert "Going on from where" in third


async def test_a_run_that_ci_has_woken_too_often_goes_on_when_a_person_says_so(town):
    waited = await project(town, LIMITED)
    asked = Again(town, waited.repo, waited.number)
    await asked.label(label=LABEL)
    await asked.settled()
    words = "CI still fails after going on once: `ci / test`."
    assert asked.run() == ("finished", "none", "failure", words)
    await asked.says("/gr continue")
    await asked.quiet()
    await asked.settled()
    assert asked.run() == ("finished", "none", "success", "CI is green.")
    (pull,) = await asked.pulls()
    assert await asked.text("sum.txt", pull) == "4\n"
    assert pull["body"].count("✅ green") == 1
    assert pull["body"].count("**CI** of") == 1
    assert asked.jobs() == 3
