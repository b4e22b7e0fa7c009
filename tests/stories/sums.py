"""A repository with a formatter and CI that wants it used, and the agent `fix` at work in it."""

import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.stories.project import CONFIGURED
from tests.stories.waits import Waited
from tests.stories.world import World

UNTIDY_PATCH = """\
Adding is off by one here:

```diff
--- a/sums.py
+++ b/sums.py
@@ -1,2 +1,2 @@
 def add(a, b):
-    return a + b
+    return a+b + 1
```
"""

TIDY = "def add(a, b):\n    return a + b\n"

FILES: Mapping[str, str] = {
    ".github/greenroom.yml": "version: 1\nbranches: {delete: merged}\n",
    **CONFIGURED,
}

TEST = ["sh", "-c", "if grep a+b sums.py; then echo Would reformat: sums.py; exit 1; fi"]

CHECKPOINTS = (
    "SELECT jobs.plan FROM jobs JOIN runs ON runs.id = jobs.run WHERE repo = ? ORDER BY jobs.fence"
)


@dataclass(frozen=True)
class Fixed(Waited):
    """An issue that is fixed, on a pull request that people review."""

    async def has_jobs(self, count: int) -> None:
        """Wait until the run has had so many jobs."""

        async def holds() -> bool:
            return self.jobs() >= count

        await self.world.until(holds, f"job {count} of {self.repo}")

    async def says(self, body: str) -> None:
        path = f"{self.at}/issues/{self.number}/comments"
        await self.world.hub.send("POST", path, {"body": body})

    async def pull(self) -> dict[str, Any]:
        (pull,) = await self.pulls()
        return pull

    async def review(self, pull: Mapping[str, Any], verdict: str, suggestion: str = "") -> None:
        """Review a pull request, with a suggestion for the last line of `sums.py`."""
        block = f"```suggestion\n{suggestion}\n```"
        beside = {"path": "sums.py", "line": 2, "side": "RIGHT", "body": block}
        review = {"event": verdict.upper(), "body": "", "comments": [beside] if suggestion else []}
        path = f"{self.at}/pulls/{pull['number']}/reviews"
        await self.world.hub.send("POST", path, review)

    async def threads(self, pull: Mapping[str, Any]) -> list[list[str]]:
        """Return what was said beside lines, thread by thread."""
        found: dict[int, list[str]] = {}
        for each in await self.get(f"/pulls/{pull['number']}/comments"):
            found.setdefault(each.get("in_reply_to_id") or each["id"], []).append(each["body"])
        return list(found.values())

    async def merge(self, pull: Mapping[str, Any]) -> None:
        await self.world.hub.send("PUT", f"{self.at}/pulls/{pull['number']}/merge", {})
        await self.quiet()

    def sessions(self) -> set[str]:
        """Return the names of the sessions that the run's jobs went on with."""
        plans = [json.loads(plan) for (plan,) in self.world.rows(CHECKPOINTS, self.repo)]
        left = [plan["checkpoint"] for plan in plans if plan["checkpoint"]]
        return {name for each in left for name in self._names(each["session"])}

    def _names(self, blob: str) -> list[str]:
        (path,) = (self.world.home / "blobs").rglob(blob)
        with tarfile.open(fileobj=io.BytesIO(path.read_bytes())) as tar:
            return tar.getnames()


async def sums(world: World, body: str, text: str = TIDY, **ci: Any) -> Fixed:
    """Open an issue in a repository with CI; `text` is `sums.py`, `ci` says how that behaves."""
    asked = await world.issue({**FILES, "sums.py": text}, title="Add")
    await world.hub.send("PATCH", f"{asked.at}/issues/{asked.number}", {"body": body})
    owner, _, name = asked.repo.partition("/")
    await world.control("POST /ci", owner=owner, name=name, **{"command": TEST, **ci})
    return Fixed(world, asked.repo, asked.number)
