"""What a job would leave if it ended now: made every minute, and at every end.

Most of it is the work in progress, as a bundle of what differs from the base: kilobytes,
whatever the tree weighs.  Nothing is made, and nothing sent, when nothing has changed.
"""

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from io import FileIO
from pathlib import Path

from bot.harness.gateway_client import Gateway
from bot.harness.result import AUTHOR, Result
from bot.harness.say import say
from bot.harness.session import pack
from bot.model.clock import Clock
from bot.model.errors import Unavailable
from bot.model.inside import RESULT_REPO
from bot.model.validations import COMING
from bot.rules.checkpoints import MOST, message, too_much
from bot.workspace import snapshot
from bot.workspace.snapshot import GitFailed, RunGit

EVERY = 45.0
"""Seconds from one to the next; with the time that it takes itself a minute at most."""

_LOOK = 0.25
_BUNDLE = "work.bundle"


@dataclass(frozen=True, slots=True)
class Part:
    """A blob with its name."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The workspace as it was at a moment, and as the gateway can have it made again.

    Attributes:
        tree: Git's name of it.
        work: the blob with what differs from the base; None where nothing does, and `COMING`
            where the gateway does not have it yet.
        leave: hands it in, and returns its name.
        left_out: files that are not in it, since they are too large.
    """

    tree: str
    work: str | None
    leave: Callable[[], Awaitable[str | None]]
    left_out: int = 0


Take = Callable[[], AbstractAsyncContextManager[Taken]]
"""Takes the workspace as it is; while the block lasts nothing else of the job is handed in."""


class Checkpoints:
    """Makes the checkpoints of one job.

    Args:
        result: how the workspace is read.
        globs: the files of the runtime's session, below the agent's home.
        gateway: takes them.
        clock: says when the next one is due.
    """

    def __init__(
        self, result: Result, globs: Sequence[str], gateway: Gateway, clock: Clock
    ) -> None:
        self._result = result
        self._globs = globs
        self._gateway = gateway
        self._clock = clock
        self._work = _Work(result)
        self._taken: tuple[str | None, str | None] | None = None
        self._one = asyncio.Lock()

    async def keep(self, hurry: asyncio.Event) -> None:
        """Make one every minute until cancelled, and one when the agent is about to be ended.

        Raises:
            Fenced: a newer job has taken over.
        """
        hurried = False
        while True:
            due = self._clock.now() + EVERY
            while self._clock.now() < due and (  # noqa: ASYNC110 - a clock that moves tells nobody
                hurried or not hurry.is_set()
            ):
                await asyncio.sleep(_LOOK)
            hurried = hurry.is_set()
            await self.make()

    async def make(self, *, patiently: bool = False) -> None:
        """Make one now; what cannot be made or sent is told in the log, and made next time.

        Args:
            patiently: whether to wait for a gateway that is away.

        Raises:
            Fenced: a newer job has taken over.
        """
        async with self._one:
            began = time.monotonic()
            try:
                work = await self._work.part()
                session = await self._session()
                if not await self._send(work, _name(session), session, patiently=patiently):
                    return
            except (GitFailed, OSError, TimeoutError, Unavailable, ValueError) as problem:
                say("checkpoint.failed", why=str(problem))
                return
            took = round((time.monotonic() - began) * 1000, 1)
            sizes = {"work": _size(work), "session": _size(session)}
            say("checkpoint.made", milliseconds=took, **sizes)

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[Taken]:
        """Take the workspace; its work may be handed in, and nothing else while the block lasts.

        Raises:
            GitFailed, OSError, TimeoutError: the workspace cannot be read.
        """
        async with self._one:
            tree = await self._work.look()
            name = self._work.named(tree)
            there = name is None or (self._taken is not None and self._taken[0] == name)
            yield Taken(
                tree=tree,
                work=name if there else COMING,
                leave=partial(self._leave, tree),
                left_out=self._work.left_out,
            )

    async def _leave(self, tree: str) -> str | None:
        """Hand in the work of a tree that was looked at, without the rest of a checkpoint.

        Raises:
            Fenced: a newer job has taken over.
            GitFailed, OSError, TimeoutError, ValueError: it cannot be made.
            Unavailable: the gateway does not take it.
        """
        work = await self._work.part_of(tree)
        first = await self._session() if self._taken is None else None
        name = self._taken[1] if self._taken else _name(first)
        await self._send(work, name, first, patiently=True)
        return _name(work)

    async def _session(self) -> Part | None:
        home = self._result.folder.home
        tar = await asyncio.to_thread(pack, home, self._globs) if self._globs else None
        return _part(tar) if tar else None

    async def _send(
        self, work: Part | None, session: str | None, come: Part | None, *, patiently: bool
    ) -> bool:
        """Hand in what the gateway does not have; False when it has all of it.

        Args:
            work: of the workspace.
            session: the name of the session's part.
            come: that part, where it may be new.
            patiently: whether to wait for a gateway that is away.
        """
        names = _name(work), session
        if names == self._taken:
            return False
        before = self._taken or ()
        fields = {"base": self._result.plan.base, "work": names[0], "session": names[1]}
        parts = {
            name: part.data
            for name, part in (("work", work), ("session", come))
            if part and part.name not in before
        }
        await self._gateway.leave(fields, parts, patiently=patiently)
        self._taken = names
        return True


class _Work:
    """The work in progress, as it is and as it was last."""

    def __init__(self, result: Result) -> None:
        self._result = result
        self._kept: dict[str, int] = {}
        self._left_out: Collection[str] = ()
        self._base: str | None = None
        self._looked: str | None = None
        self._tree: str | None = None
        self._part: Part | None = None

    async def part(self) -> Part | None:
        """Return a bundle of all that differs from the base; None when nothing does.

        Raises:
            GitFailed: git could not.
            OSError: the bundle cannot be read.
            ValueError: it has become too large all the same.
        """
        return await self.part_of(await self.look())

    async def look(self) -> str:
        """Return the workspace as a tree.

        Raises:
            GitFailed: git could not.
        """
        async with self._result.boxed() as git:
            last, self._looked = self._looked, None
            tree = self._looked = await snapshot.tree_of(git, self._choose, last)
            self._base = self._base or await snapshot.tree_at(git, self._result.plan.base)
        return tree

    async def part_of(self, tree: str) -> Part | None:
        """Return a bundle of a tree that was looked at; as `part` does."""
        if tree != self._tree:
            async with self._result.boxed() as git:
                self._part = None if tree == self._base else _part(await self._bundle(git, tree))
            self._tree = tree
        return self._part

    def named(self, tree: str) -> str | None:
        """Name the bundle of a tree that was looked at: `COMING` where there is none yet."""
        if tree == self._base:
            return None
        return _name(self._part) if tree == self._tree else COMING

    @property
    def left_out(self) -> int:
        """How many files are not in the tree that was looked at last."""
        return len(self._left_out)

    async def _bundle(self, git: RunGit, tree: str) -> bytes:
        base, repository = self._result.plan.base, self._result.folder.result
        words = snapshot.Words(message=message(sorted(self._left_out)), author=AUTHOR)
        work = await snapshot.commit(git, tree, base, words)
        snapshot.point(repository, snapshot.WORK_REF, work)
        what = (snapshot.WORK_REF, f"^{base}")
        await git(("bundle", "create", "--quiet", f"{RESULT_REPO}/{_BUNDLE}", *what))
        return await asyncio.to_thread(_read, repository / _BUNDLE)

    def _choose(self, changed: Sequence[str], gone: Sequence[str]) -> Collection[str]:
        """Leave out what would make it too large, and name that."""
        sizes = {path: _on_disk(self._result.folder.workspace, path) for path in changed}
        for path in gone:
            self._kept.pop(path, None)
        left = too_much(sizes, self._kept)
        self._kept |= {path: size for path, size in sizes.items() if path not in left}
        if left and left != self._left_out:
            say("checkpoint.left_out", files=len(left), first=left[0])
        self._left_out = left
        return left


def _on_disk(top: Path, path: str) -> int:
    with suppress(OSError):
        return os.lstat(top / path).st_size
    return 0


def _read(bundle: Path) -> bytes:
    with FileIO(os.open(bundle, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)) as file:
        if os.fstat(file.fileno()).st_size > MOST["work"]:
            raise ValueError("the work in progress is too large to be kept")
        return file.readall()


def _part(data: bytes) -> Part:
    return Part(hashlib.sha256(data).hexdigest(), data)


def _name(part: Part | None) -> str | None:
    return part.name if part else None


def _size(part: Part | None) -> int:
    return len(part.data) if part else 0
