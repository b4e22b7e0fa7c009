"""Git in a box without network, started once for all that is to be done there.

A box costs more than most commands of git, and a checkpoint needs eight of them each
minute.  Only what the standard library has: a workspace is restored with it before its
agent starts.
"""

import os
import select
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from bot.harness.boxes import errands
from bot.harness.program import bubblewrap
from bot.model.limits import Limits
from bot.sandbox.box import Box, Descriptors, argv
from bot.sandbox.ending import end
from bot.sandbox.folder import LOCK, JobFolder, Order
from bot.workspace import snapshot
from bot.workspace.snapshot import GitFailed

if TYPE_CHECKING:  # what a validation can do without
    from bot.model.runs import JobPlan

SECONDS = 10 * 60
"""How long one command may take."""

MOST_SAID = 64 * 1024**2
"""Bytes that one command may write; names of files are all that is ever read."""

_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Said:
    """What git wrote, and its exit status."""

    status: int
    out: str
    complaint: str


class GitBox:
    """A box in which git can be run, until it is closed.

    Make it on the main thread: bubblewrap dies with the thread that started it.

    Args:
        folder: the job's.
        order: what the runner wrote.
        box: what git sees.
    """

    def __init__(self, folder: JobFolder, order: Order, box: Box) -> None:
        self._talking = threading.Lock()
        # nobody else uses the repository: a lock in it is of a git that was killed
        (folder.result / "index.lock").unlink(missing_ok=True)
        with folder.filter.open("rb") as rules:
            inside = Descriptors(seccomp=rules.fileno(), alive=LOCK)
            self._process = subprocess.Popen(
                argv(box, errands(), bubblewrap(order), inside),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                pass_fds=(rules.fileno(), LOCK),
                env={},
                cwd="/",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all that is in the box."""
        self._end()
        self._process.wait()
        with self._talking:  # a thread that was left behind still reads, to the end that came now
            for pipe in (self._process.stdin, self._process.stdout):
                assert pipe is not None
                pipe.close()

    def _end(self) -> None:
        if self._process.poll() is None:
            end(self._process.pid)

    def git(self, words: Sequence[str], *, given: str = "") -> str:
        """Run git and return what it wrote; `given` is a file in the box that it reads.

        Bytes that are no UTF-8 travel as surrogates, both ways.

        Raises:
            GitFailed: it ended with an error, took too long or said too much.
        """
        said = self.run(words, given=given)
        if said.status != 0:
            raise GitFailed(words, said.complaint)
        return said.out

    def run(self, words: Sequence[str], *, given: str = "") -> Said:
        """Run git however it ends.

        Raises:
            GitFailed: it took too long or said too much, or the box is gone.
        """
        request = b"\0".join(map(os.fsencode, (given, *words)))
        try:
            with self._talking:
                status, out, complaint = self._exchange(request)
        except (OSError, ValueError) as problem:
            self._end()  # where an answer broke off nothing more can be read
            raise GitFailed(words, str(problem) or "no answer") from None
        return Said(status, os.fsdecode(out), complaint.decode("utf-8", "replace"))

    def _exchange(self, request: bytes) -> tuple[int, bytes, bytes]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(b"%d\n" % len(request) + request)
        heard = _Heard(stdout.fileno(), time.monotonic() + SECONDS)
        status, *sizes = map(int, heard.line().split())
        if sum(sizes) > MOST_SAID:
            raise ValueError("it said too much")
        out, complaint = map(heard.take, sizes)
        return status, out, complaint


class _Heard:
    """Bytes that come by a pipe, until some time of the monotonic clock."""

    def __init__(self, pipe: int, until: float) -> None:
        self._pipe = pipe
        self._until = until
        self._bytes = bytearray()

    def line(self) -> bytes:
        while b"\n" not in self._bytes:
            self._more()
        line, _, rest = bytes(self._bytes).partition(b"\n")
        self._bytes = bytearray(rest)
        return line

    def take(self, size: int) -> bytes:
        while len(self._bytes) < size:
            self._more()
        taken = bytes(self._bytes[:size])
        del self._bytes[:size]
        return taken

    def _more(self) -> None:
        left = self._until - time.monotonic()
        if left <= 0 or not select.select([self._pipe], [], [], left)[0]:
            raise TimeoutError("it took too long")
        data = os.read(self._pipe, _CHUNK)
        if not data:
            raise ValueError("the box ended")
        self._bytes += data


def seed(folder: JobFolder, order: Order) -> None:
    """Lay out the repository, unless it was; from the warm tree, which no agent writes."""
    tree = Path(order.tree) if order.uid is None else folder.root / "lower"
    excluded = folder.excluded.read_bytes() if order.layers else b""
    snapshot.seed(folder.result, tree / ".git" / "index", excluded)


def git_limits(plan: "JobPlan") -> Limits:
    """Return what one command of git may use."""
    return replace(plan.agent.limits, seconds=SECONDS)
