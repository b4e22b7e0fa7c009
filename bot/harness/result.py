"""The agent's tree as one commit in the run's quarantine.

Git runs in boxes of its own, in a repository outside the workspace; the one that reads the
workspace has no network, and the one that has a door sees no workspace.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.harness.boxes import for_git, for_push, relayed
from bot.harness.gitbox import SECONDS, GitBox, git_limits, seed
from bot.harness.once import run
from bot.model.errors import Unavailable
from bot.model.ids import Sha
from bot.model.inside import SOCKET
from bot.model.runs import JobPlan
from bot.sandbox.folder import JobFolder, Order
from bot.workspace import snapshot

_PORT = 8418
_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)  # seconds after each try; a restart breaks one at most

AUTHOR = snapshot.Author(name="Greenroom", email="greenroom@greenroom.invalid")


@dataclass(slots=True, kw_only=True)
class Result:
    """How the result of one job is made and where it goes.

    A box is started when it is first needed and kept for the next time, which halves what
    a checkpoint takes; `close` ends it.
    """

    folder: JobFolder
    order: Order
    plan: JobPlan
    _turnstile: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _kept: GitBox | None = field(default=None, init=False)

    async def commit(self, message: str) -> Sha | None:
        """Commit the workspace; None when it is as it was.

        Raises:
            GitFailed: git could not.
        """
        async with self.boxed() as git:
            return await snapshot.snapshot(git, self.plan.base, message, AUTHOR)

    @asynccontextmanager
    async def boxed(self) -> AsyncIterator[snapshot.RunGit]:
        """Give git in a box that sees the workspace; one at a time, since they share an index."""
        async with self._turnstile:
            box, self._kept = self._kept or await self._started(), None
            whole = False

            async def git(words: Sequence[str]) -> str:
                return await asyncio.to_thread(box.git, words)

            try:
                yield git
                whole = True
            finally:
                if whole:
                    self._kept = box
                else:
                    box.close()  # what was broken off may still go on in it

    def close(self) -> None:
        """End the box that is kept."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    async def _started(self) -> GitBox:
        await asyncio.to_thread(seed, self.folder, self.order)
        limits = git_limits(self.plan)
        return GitBox(self.folder, self.order, for_git(self.folder, self.order, limits))

    async def push(self, sha: Sha, ready: Callable[[], Awaitable[object]]) -> None:
        """Push the commit into quarantine through `folder.push`, where a door is served.

        Args:
            sha: the commit.
            ready: awaited before each try; returns when the gateway answers.

        Raises:
            Unavailable: the gateway answered, and no try succeeded.
        """
        url = f"http://127.0.0.1:{_PORT}/git/quarantine.git"
        # Forced: a job before this one, lost since, may have handed in another commit.
        words = ("push", "--porcelain", "--no-verify", url, f"+{sha}:{snapshot.RESULT_REF}")
        said = ""
        for pause in _PAUSES:
            await ready()
            status, said = await self._push_once(words)
            if status == 0:
                return
            await asyncio.sleep(pause)
        raise Unavailable("gateway", f"the result was not taken: {said}", retry_after=0)

    async def _push_once(self, words: Sequence[str]) -> tuple[int, str]:
        box = for_push(self.folder, self.order, git_limits(self.plan))
        program = relayed({_PORT: SOCKET}, ["git", *words])
        async with asyncio.timeout(SECONDS):
            status, _, complaint = await run(self.folder, self.order, box, program)
        return status, complaint
