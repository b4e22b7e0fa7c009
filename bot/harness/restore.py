"""What the last job left, put where the agent of this one will find it.

It happens before any agent is there, and with the standard library: the bundle is read in
a box without network, into the repository that snapshots are made in.  What cannot be had
is told, to the agent and to people, and the job begins at its base as the first one did.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from bot.agents.base import Driver
from bot.harness.beginning import Beginning
from bot.harness.boxes import for_git
from bot.harness.bundle import Bundle, read
from bot.harness.claim import Claim
from bot.harness.gitbox import GitBox, git_limits, seed
from bot.harness.incoming import check_out, incoming, take
from bot.harness.requests import fetch
from bot.harness.say import say
from bot.harness.session import unpack
from bot.model.errors import Unavailable
from bot.model.ids import Sha
from bot.model.inside import WORKSPACE
from bot.model.runs import Checkpoint, JobPlan, Message
from bot.rules import checkpoints as words
from bot.sandbox.folder import JobFolder, Order
from bot.workspace.snapshot import WORK_REF, GitFailed

KEPT_REF = "refs/greenroom/checkpoint"
"""Where the agent's own repository has work that does not fit onto the base any more."""

T = TypeVar("T")

_CONFLICT = 1


def restore(
    gateway: str, claimed: Claim, folder: JobFolder, order: Order, driver: Driver
) -> Beginning:
    """Put back what the last job of the run left, as far as it can be had.

    Raises:
        Fenced: a newer job has taken over.
    """
    plan, left = claimed.plan, claimed.plan.checkpoint
    if left is None:
        return Beginning(plan=plan)
    trouble: list[str] = []

    def had(name: str | None, part: str, use: Callable[[bytes], T]) -> T | None:
        """Fetch one part and use it; what goes wrong is told, and nothing comes of it."""
        if name is None:
            return None
        try:
            return use(_blob(gateway, claimed, name, words.MOST[part]))
        except (GitFailed, LookupError, OSError, Unavailable, ValueError) as problem:
            say("restore.failed", part=part, why=str(problem))
            trouble.append(words.LOST[part])
            return None

    work = _Work(folder, order, plan, left)
    found = had(left.work, "work", work.put_back)
    session = had(
        left.session,
        "session",
        lambda data: driver.resumed(unpack(data, folder.home, driver.session)),
    )
    say("harness.restored", work=found is not None, session=session is not None)
    brief = words.briefed(plan.brief, [*([found.words] if found else []), *trouble])
    plan = replace(plan, brief=brief, messages=(*plan.messages, *_came_of(found)))
    return Beginning(plan=plan, session=session, lines=tuple(trouble))


def _came_of(found: "_Found | None") -> Sequence[Message]:
    """Return what programs are told that read no brief: work that does not fit is a conflict."""
    if found is None or found.fits:
        return ()
    return (Message(kind="conflict", text=found.words),)


def _blob(gateway: str, claimed: Claim, name: str, most: int) -> bytes:
    """Fetch a blob and see that it is the one.

    Raises:
        ValueError: it is another.
    """
    data = fetch(gateway, claimed.run_token, f"/blobs/{name}", most)
    if hashlib.sha256(data).hexdigest() != name:
        raise ValueError("the bytes are not those of this name")
    return data


@dataclass(frozen=True, slots=True)
class _Found:
    """What came of the work: words for the agent, and whether it is in the workspace."""

    words: str
    fits: bool


class _Work:
    """The work in progress, on its way from a bundle into the workspace."""

    def __init__(self, folder: JobFolder, order: Order, plan: JobPlan, left: Checkpoint) -> None:
        self._folder = folder
        self._order = order
        self._plan = plan
        self._left = left

    def put_back(self, data: bytes) -> _Found:
        """Put it into the workspace, and say what came of it.

        Raises:
            ValueError: it is no bundle of work on the checkpoint's base.
            GitFailed: git could not; the workspace is at its base.
        """
        bundle = read(data, WORK_REF, self._left.base)
        seed(self._folder, self._order)
        box = for_git(self._folder, self._order, git_limits(self._plan), writes=True)
        with (
            incoming(self._folder, bundle),
            GitBox(self._folder, self._order, box) as git,
        ):
            return self._unpacked(git, bundle)

    def _unpacked(self, git: GitBox, bundle: Bundle) -> _Found:
        work = bundle.tip
        take(git, bundle)
        head, _, message = git.git(("cat-file", "commit", work)).partition("\n\n")
        parents = [line for line in head.split("\n") if line.startswith("parent ")]
        if parents != [f"parent {self._left.base}"]:
            raise ValueError("the work does not stand on the base of its checkpoint")
        tree, conflicts = self._joined(git, work)
        if conflicts:
            self._keep_aside(git, bundle)
            return _Found(words.kept_aside(KEPT_REF, self._left.base, conflicts), fits=False)
        check_out(git, self._plan.base, tree)
        return _Found(words.found(message), fits=True)

    def _joined(self, git: GitBox, work: Sha) -> tuple[str, Sequence[str]]:
        """Return the tree to start from, or which files keep it from being one."""
        if self._left.base == self._plan.base:
            return f"{work}^{{tree}}", ()
        said = git.run(("merge-tree", "--write-tree", "--name-only", "-z", self._plan.base, work))
        tree, *rest = said.out.split("\0")
        if said.status == 0:
            return tree, ()
        files = rest[: rest.index("")] if "" in rest else rest
        # whatever else went wrong, an old git too: both are kept
        return "", files if said.status == _CONFLICT and files else ["."]

    def _keep_aside(self, git: GitBox, bundle: Bundle) -> None:
        there = (f"--git-dir={WORKSPACE}/.git",)
        take(git, bundle, there)
        git.git((*there, "update-ref", KEPT_REF, bundle.tip))
