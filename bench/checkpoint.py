"""What a checkpoint costs, against `git status`; and a restored workspace, against a fresh one.

A checkpoint is what a job makes each minute: one box, the changed files into an index that
is kept, a commit, and the bundle of it.  The baseline is what an agent would type, in the
same tree and outside of any box.  A restored workspace is a fresh one with the work of the
last job in it.  Both end with the first `git status` in a box, and begin with a copy of the
ready tree, which an overlay is even quicker than.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

from bench.place import scratch
from bench.table import Row, bounded, compared
from bench.workspace import GIT, REPO, Size, _git, _origin, _run
from bot.harness.bundle import read
from bot.harness.checkpoint import _Work
from bot.harness.restore import _Work as _Restoring
from bot.harness.result import Result
from bot.model.ids import Fence, JobName, RunId, Sha
from bot.model.runs import AgentSpec, Checkpoint, JobPlan, Limits
from bot.sandbox.box import Bind, Box, Descriptors, argv
from bot.sandbox.folder import JobFolder, Order
from bot.sandbox.probe import bubblewrap
from bot.sandbox.seccomp import program
from bot.workspace.lowers import Lowers
from bot.workspace.mirror import Mirrors
from bot.workspace.snapshot import WORK_REF

SIZES = (
    (Size(name="1,000 files", files=1_000, commits=200, file_size=9_000), 8.0),
    (Size(name="20,000 files", files=20_000, commits=20, file_size=9_000), 4.0),
)
CHANGED = 10
KILOBYTES = 64.0
RESTORE = 2.0
STATUS = ["/usr/bin/git", "-c", "safe.directory=*", "status", "-s"]


async def rows() -> AsyncIterator[Row]:
    """Measure in a process whose descriptor 3 is a lock, as a harness has it."""
    words = ["sh", "-c", 'exec "$0" -m bench.checkpoint 3<>"$1"', sys.executable]
    with tempfile.NamedTemporaryFile() as lock:
        process = await asyncio.create_subprocess_exec(*words, lock.name, stdout=subprocess.PIPE)
        assert process.stdout is not None
        async for line in process.stdout:
            yield Row(**json.loads(line))
        assert await process.wait() == 0


async def _measured(rounds: int = 7) -> AsyncIterator[Row]:
    for size, bar in SIZES:
        with scratch() as folder:
            bench = await Bench.made(folder, size)
            async for row in bench.rows(bar, rounds):
                yield row


class Bench:
    """One repository, its warm tree, and jobs in it."""

    def __init__(self, folder: Path, size: Size, mirrors: Mirrors, tree: Path, head: Sha) -> None:
        self.folder, self.size, self.mirrors, self.tree = folder, size, mirrors, tree
        self.plan = JobPlan(
            job=JobName("bench"), run=RunId("bench"), fence=Fence(1), repo=REPO, shelf=REPO,
            subject=1, base=head, base_branch="main", brief="", agent=AgentSpec(
                name="bench", description="", runtime="command", limits=Limits(),
            ),
        )  # fmt: skip

    @classmethod
    async def made(cls, folder: Path, size: Size) -> "Bench":
        origin = _origin(folder, size)
        mirrors = Mirrors(folder / "mirrors", GIT)
        await mirrors.fetch(REPO, f"file://{origin}", None)
        head = Sha(_git(origin, "rev-parse", "main").stdout.strip())
        tree = await Lowers(folder / "lowers", mirrors, GIT).lower(REPO, head)
        return cls(folder, size, mirrors, tree, head)

    async def rows(self, bar: float, rounds: int) -> AsyncIterator[Row]:
        ours, status, weight, fresh, restored = [], [], [], [], []
        for number in range(rounds + 1):
            folder, order = self.job(f"{number}")
            result = Result(folder=folder, order=order, plan=self.plan)
            fresh.append(_timed(lambda job=(folder, order): self._fresh(*job)))
            work = _Work(result)
            await work.part()
            self._change(folder.workspace, number)
            status.append(_timed(lambda at=folder.workspace: _run(STATUS, cwd=at)))
            began = time.perf_counter()
            part = await work.part()
            ours.append((time.perf_counter() - began) * 1000)
            weight.append(len(part.data) / 1024)
            restored.append(self._restored(f"{number}-next", part.data))
            result.close()
            shutil.rmtree(folder.root)
        # the first round warms what is read
        yield compared(
            f"checkpoint of {CHANGED} files, {self.size.name}, against git status", "ms",
            ours[1:], status[1:], at_most=bar,
        )  # fmt: skip
        yield bounded(
            f"checkpoint of {CHANGED} files, {self.size.name}", "KB", weight[1:], at_most=KILOBYTES
        )
        yield compared(
            f"restored workspace, {self.size.name}, against a fresh one", "ms",
            restored[1:], fresh[1:], at_most=RESTORE,
        )  # fmt: skip

    def job(self, name: str) -> tuple[JobFolder, Order]:
        folder = JobFolder(self.folder / name)
        folder.make()
        folder.filter.write_bytes(program())
        found = bubblewrap()
        return folder, Order(
            job=name, task="agent", uid=None, tree=str(self.tree),
            mirror=str(self.mirrors.path(REPO)), gateway="", toolboxes=(),
            code=str(Path(__file__).parents[1]), packages=(),
            python=str(Path(os.__file__).parents[2]), clock=None, limits=asdict(Limits()),
            bwrap=found.path, disable_userns=found.disable_userns, grace=1.0, launched=0.0,
        )  # fmt: skip

    def _fresh(self, folder: JobFolder, order: Order) -> None:
        self._lay_out(folder)
        self._look(folder, order)

    def _look(self, folder: JobFolder, order: Order) -> None:
        """Run the first `git status` in a box, as an agent would."""
        seen = Box(
            binds=(Bind(source=str(folder.workspace), target=str(folder.workspace)),
                   Bind(source=order.mirror, target=order.mirror)),
            environment={"PATH": "/usr/bin"}, directory=str(folder.workspace),
        )  # fmt: skip
        with folder.filter.open("rb") as rules:
            words = argv(seen, STATUS, bubblewrap(), Descriptors(seccomp=rules.fileno()))
            subprocess.run(words, pass_fds=(rules.fileno(),), check=True, capture_output=True)

    def _lay_out(self, folder: JobFolder) -> None:
        _run(["cp", "-a", "--reflink=auto", f"{self.tree}/.", str(folder.workspace)])
        alternates = folder.workspace / ".git/objects/info/alternates"
        alternates.write_text(f"{self.mirrors.path(REPO)}/objects\n")

    def _restored(self, name: str, data: bytes) -> float:
        folder, order = self.job(name)
        left = Checkpoint(base=self.plan.base, work="")
        assert read(data, WORK_REF, left.base)

        def restore() -> None:
            self._lay_out(folder)
            _Restoring(folder, order, self.plan, left).put_back(data)
            self._look(folder, order)

        took = _timed(restore)
        changed = _run(STATUS, cwd=folder.workspace).stdout.splitlines()
        assert len(changed) == CHANGED, changed
        shutil.rmtree(folder.root)
        return took

    def _change(self, workspace: Path, number: int) -> None:
        files = sorted((workspace / "src").rglob("*.py"))
        for path in files[number :: len(files) // (CHANGED - 1)][: CHANGED - 1]:
            path.write_text(f"{path.read_text()}changed = {number}\n")
        (workspace / "new.py").write_text("new = True\n")


def _timed(work) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


async def _print() -> None:
    async for row in _measured():
        print(json.dumps(asdict(row)), flush=True)


if __name__ == "__main__":
    asyncio.run(_print())
