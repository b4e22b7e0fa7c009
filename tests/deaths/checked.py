"""Validations that agents and people ask for while somebody dies, and how they have to end."""

from collections.abc import Mapping
from typing import ClassVar

from tests.deaths.errands import FINISHED, MADE, CommandsOnPull, Talk

CONFIG = """\
version: 1
validations:
  unit: {run: "echo at work; test $(cat sum.txt) = 4"}
  some: {run: "ls | tr '\\\\n' ' ' | grep -x 'sum.txt '", inputs: [sum.txt]}
"""

AGENT = """\
---
name: learn
description: Adds, and has it checked
greenroom:
  runtime: command
  command: [sh, ./learn.sh]
  on: {command: learn}
  outputs: {pull_request: {max: 1}}
  validations: [unit, some]
---
"""

CHECKED = """\
#!/bin/sh
echo 3 > sum.txt
greenroom validate unit
test $? = 1 || exit 9
echo 4 > sum.txt
greenroom validate || exit 8
echo Added it. | greenroom output pull-request --title "Add" --body-file -
"""

PROJECT: Mapping[str, str] = {
    ".github/greenroom.yml": CONFIG,
    ".github/agents/learn.md": AGENT,
    "learn.sh": CHECKED,
    "sum.txt": "0\n",
}
VERDICTS = """SELECT name, coalesce(outcome, state) FROM validations
    WHERE repo = ? AND state <> 'dropped' AND coalesce(outcome, '') <> 'broken' ORDER BY id"""
UNDER_WAY = "SELECT 1 FROM validations WHERE repo = ? AND state IN ('queued', 'running')"


class Checks(Talk):
    """An agent breaks something, is told so by a validation, mends it and asks again."""

    project = PROJECT
    done = FINISHED

    async def begin(self) -> None:
        await self.says("/gr learn")

    async def should(self) -> dict[str, bool]:
        rows = self.here.world.rows(VERDICTS, self.here.repo)
        return {
            **await self._one_pull(),
            "nothing is under way": not self.has(UNDER_WAY),
            f"it was told of both, and not {rows}": set(rows)
            == {("unit", "failed"), ("unit", "passed"), ("some", "passed")},
        }


class ValidatesPull(CommandsOnPull):
    """A maintainer writes `/gr validate` on a pull request."""

    project = PROJECT
    done = MADE.format("reply:validation")
    ends: ClassVar = {
        "greenroom / validate unit": "failure",
        "greenroom / validate some": "success",
    }

    async def begin(self) -> None:
        await self.says("/gr validate")

    async def should(self) -> dict[str, bool]:
        said, checks = await self.here.comments(self.number), await self.here.checks(self.about)
        return {
            "one reply": len(said) == 1,
            "it tells of both": all(f"`{name}`" in said[0] for name in ("unit", "some")),
            "a check run of each": {each["name"]: each["conclusion"] for each in checks}
            == self.ends,
            "and no more": len(checks) == len(self.ends),
            "nothing is under way": not self.has(UNDER_WAY),
        }
