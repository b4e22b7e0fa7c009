"""A repository with CI, and an agent that gets it wrong first and right when it is told."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.stories.asked import Asked
from tests.stories.world import World

LABEL = "agent:mend"

AGENT = """\
---
name: mend
description: Mends the sum
greenroom:
  runtime: command
  command: [sh, ./mend.sh]
  on: {label: agent:mend, command: mend}
  outputs: {pull_request: {max: 1}, push: {max: 1}}
  waits: [ci]
---
"""

MEND = """\
#!/bin/sh
# Writes a wrong sum first, and the right one once it is told that CI has failed.
set -e
cp "$GREENROOM_BRIEF" /tmp/brief
if grep -q "CI failed on" /tmp/brief; then
    grep -q "assert 3 == 4" /tmp/brief
    echo 4 > sum.txt
    echo Right now. | greenroom output push --title "Add again" --body-file -
else
    echo 3 > sum.txt
    echo Added it. | greenroom output pull-request --title "Add" --body-file -
fi
"""

FILES: Mapping[str, str] = {
    ".github/agents/mend.md": AGENT,
    "mend.sh": MEND,
    "sum.txt": "0\n",
}

TEST = [
    "sh",
    "-c",
    'found=$(cat sum.txt); test $found = 4 || { echo "E assert $found == 4"; exit 1; }',
]

WAITS = "SELECT reason FROM waits JOIN runs ON runs.id = waits.run WHERE repo = ? ORDER BY reason"


@dataclass(frozen=True)
class Waited(Asked):
    """An issue whose run waits for CI or for people."""

    def waits(self) -> list[str]:
        return [reason for (reason,) in self.world.rows(WAITS, self.repo)]

    async def parked(self, *reasons: str, within: float = 90.0) -> None:
        """Wait until the run waits for these and nothing of it is there any more."""

        async def holds() -> bool:
            run = self.run()
            there = run is not None and run[:2] == ("parked", "none")
            return there and self.waits() == sorted(reasons)

        await self.world.until(holds, f"{self.repo} parked for {reasons}", within)

    async def text(self, path: str, pull: Mapping[str, Any]) -> str:
        """Read a file as it is in a pull request."""
        found = await self.get(f"/contents/{path}", ref=pull["head"]["ref"])
        return base64.b64decode(found["content"]).decode()

    async def ci_is_done(self) -> None:
        """Wait until CI has reported on everything so far."""

        async def holds() -> bool:
            return bool((await self.world.control("GET /ci?seconds=0"))["idle"])

        await self.world.until(holds, "CI at rest")
        await self.world.drained()


async def project(world: World, files: Mapping[str, str] = FILES, **ci: Any) -> Waited:
    """Open an issue in a repository with CI; `ci` says how that behaves."""
    asked = await world.issue(files, title="Add")
    owner, _, name = asked.repo.partition("/")
    await world.control("POST /ci", owner=owner, name=name, **{"command": TEST, **ci})
    return Waited(world, asked.repo, asked.number)
