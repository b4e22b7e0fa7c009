"""Jobs as processes of this host, each in a sandbox, each outliving the worker.

A job is a folder, and its lock is the truth about its life: a worker that was restarted
finds its jobs by name and asks the lock.  When the worker is root, each job has a uid of
its own, from a range that nobody else uses.
"""

import asyncio
import os
import re
import signal
import stat
import subprocess
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

import structlog

from bot.model.errors import Misconfigured, Unavailable
from bot.model.ids import JobName
from bot.runners.base import Alive, Gone, Keep, Launch, Standing, Unknown
from bot.runners.process import code, compile_ours, harness, packages, python, send, spawn
from bot.runners.uids import allot
from bot.sandbox import cgroups
from bot.sandbox.box import Bubblewrap
from bot.sandbox.folder import WORKS, JobFolder, Order, held, take
from bot.sandbox.probe import cannot_build, probe
from bot.sandbox.seccomp import program

DYING = 10.0
"""Seconds that a killed job may take to vanish before `sweep` leaves it for the next time."""

GRACE = 10.0
"""Seconds that an agent's program has between SIGTERM and SIGKILL."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_LOOK = 0.01
_WALK = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

log = structlog.get_logger()


class Enclosure(Protocol):
    """A container around the harness of each job."""

    environment: Mapping[str, str]

    def enclosed(self, folder: JobFolder, order: Order) -> Order:
        """Add to an order how the container is made."""
        ...

    def signal(self, folder: JobFolder, number: signal.Signals) -> bool:
        """Signal the harness in its container; False where there is none."""
        ...

    def remove(self, folder: JobFolder) -> None:
        """Remove what is left of the container of a job that has ended.

        Raises:
            OSError: something stays.
        """
        ...


def open_local(
    root: Path,
    *,
    uids: tuple[int, int],
    toolboxes: Mapping[str, Path],
    clock: Path | None = None,
) -> "LocalRunner":
    """Return the runner of this host, having made one sandbox to see that it can.

    Blocks for some tens of milliseconds.

    Raises:
        Misconfigured: no sandbox can be made here, or the clock's folder holds other things.
    """
    if clock is not None and root.is_relative_to(clock.parent):
        raise Misconfigured("GREENROOM_CLOCK must name a file in a folder of its own.")
    found = probe()
    compile_ours()
    log.info("runner.ready", bounds=cgroups.report(), disable_userns=found.disable_userns)
    if lacks := cannot_build():
        log.warning("runner.no_builders", why=lacks)
    return LocalRunner(root, found, uids=uids, toolboxes=toolboxes, clock=clock, builds=not lacks)


class LocalRunner:
    """Jobs below one folder of this host.

    Args:
        root: `GREENROOM_HOME/jobs`.
        bubblewrap: what `probe()` found.
        uids: first and last uid that jobs may take when this process is root.
        toolboxes: read-only tool trees by name; each has a `bin`.
        clock: the file that moves the clock, in tests and the demo; jobs see its folder.
        grace: seconds between asking an agent's program to end and ending it.
        enclosure: what puts the harness into a container; None where it runs beside this process.
        builds: whether images can be built in its jobs.
    """

    def __init__(  # noqa: PLR0913 - settings of one host, named by the caller
        self,
        root: Path,
        bubblewrap: Bubblewrap,
        *,
        uids: tuple[int, int] = (210_000, 210_999),
        toolboxes: Mapping[str, Path] | None = None,
        clock: Path | None = None,
        grace: float = GRACE,
        enclosure: Enclosure | None = None,
        builds: bool = False,
    ) -> None:
        self.builds = builds
        self._root = root
        self._bubblewrap = bubblewrap
        self._uids = uids
        self._toolboxes = dict(toolboxes or {})
        self._clock = clock
        self._grace = grace
        self._enclosure = enclosure
        self._children: set[int] = set()

    async def launch(self, launch: Launch) -> None:
        """Start the job, or leave the one of that name as it is, alive or ended."""
        self._reap()
        await asyncio.to_thread(self._launch, launch)

    async def poll(self, job: JobName) -> Standing:
        """Ask the job's lock."""
        self._reap()
        folder = self._folder(job)
        try:
            return _standing(folder)
        except OSError as problem:
            return Unknown(str(problem))

    async def stop(self, job: JobName, *, kill: bool) -> None:
        """Signal the harness: it stops its agent and hands in; killed, all dies with it."""
        number = signal.SIGKILL if kill else signal.SIGTERM
        await asyncio.to_thread(self._signal, self._folder(job), number)
        self._reap()

    async def sweep(self, keep: Keep) -> list[JobName]:
        """End and remove the jobs that `keep` does not want."""
        if not self._root.is_dir():
            return []
        names = (path.name for path in self._root.iterdir() if path.is_dir())
        found = sorted(JobName(name) for name in names if _NAME.fullmatch(name))
        kept = await keep(found)
        return [job for job in found if job not in kept and await self._removed(job)]

    def _launch(self, launch: Launch) -> None:
        folder = self._folder(launch.job)
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.root.mkdir(mode=0o700, exist_ok=True)
        lock = take(folder.lock)
        if lock is None or folder.exit.exists():
            log.info("job.adopted", job=launch.job)
            if lock is not None:
                os.close(lock)
            return
        try:
            _clear(folder)
            self._prepare(folder, launch)
            self._children.add(self._start(folder, lock, launch))
        except OSError as problem:
            raise Unavailable("local runner", str(problem), retry_after=5) from problem
        finally:
            os.close(lock)
        log.info("job.launched", job=launch.job, task=launch.task)

    def _prepare(self, folder: JobFolder, launch: Launch) -> None:
        began = time.monotonic()
        folder.make()
        folder.filter.write_bytes(program(builds=launch.builds))
        uid = allot(self._root, folder, self._uids)
        order = self._order(launch, uid, began)
        folder.write_order(self._enclosure.enclosed(folder, order) if self._enclosure else order)

    def _start(self, folder: JobFolder, lock: int, launch: Launch) -> int:
        token, within = launch.token.get_secret_value(), self._enclosure
        if within is None:
            return spawn(folder, lock, token, harness(folder), {})
        return spawn(folder, lock, token, harness(folder, "enclosing"), within.environment)

    def _signal(self, folder: JobFolder, number: signal.Signals) -> bool:
        if self._enclosure is not None and self._enclosure.signal(folder, number):
            return True
        return send(folder, number)

    def _order(self, launch: Launch, uid: int | None, began: float) -> Order:
        # those of the job come before the runner's own, and take the place of their namesakes
        toolboxes = {**launch.toolboxes, **self._toolboxes, **launch.toolboxes}
        return Order(
            job=launch.job,
            task=launch.task,
            uid=uid,
            tree=str(launch.tree.resolve()),
            mirror=str(launch.mirror.resolve()),
            gateway=str(launch.gateway.resolve()),
            toolboxes=_resolved(toolboxes),
            layers=tuple(str(path.resolve()) for path in launch.layers),
            homes=tuple(str(path.resolve()) for path in launch.homes),
            roots=_resolved(launch.roots),
            code=str(code()),
            packages=packages(),
            python=python(),
            clock=None if self._clock is None else str(self._clock.resolve()),
            limits=asdict(launch.limits),
            bwrap=self._bubblewrap.path,
            disable_userns=self._bubblewrap.disable_userns,
            grace=self._grace,
            launched=began,
        )

    def _folder(self, job: JobName) -> JobFolder:
        if not _NAME.fullmatch(job):
            raise ValueError(f"{job!r} cannot be the name of a folder")
        return JobFolder(self._root / job)

    async def _removed(self, job: JobName) -> bool:
        try:
            return await self._remove(job)
        except OSError as problem:
            log.warning("job.not_removed", job=job, why=str(problem))
            return False

    async def _remove(self, job: JobName) -> bool:
        folder = self._folder(job)
        give_up = time.monotonic() + DYING
        while (lock := take(folder.lock)) is None:
            known = await asyncio.to_thread(self._signal, folder, signal.SIGKILL)
            if not known or time.monotonic() > give_up:
                log.warning("job.undying", job=job)
                return False
            await asyncio.sleep(_LOOK)
            self._reap()
        try:
            if self._enclosure is not None:
                await asyncio.to_thread(self._enclosure.remove, folder)
            while not cgroups.remove(folder.group):
                if time.monotonic() > give_up:
                    break
                await asyncio.sleep(_LOOK)
            await asyncio.to_thread(_remove_tree, folder.root)
        finally:
            os.close(lock)
        log.info("job.removed", job=job)
        return True

    def _reap(self) -> None:
        """Take note of children that ended, or they would stay as zombies."""
        for pid in tuple(self._children):
            with suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG)[0] == 0:
                    continue
            self._children.discard(pid)


def _resolved(trees: Mapping[str, Path]) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(path.resolve())) for name, path in trees.items())


def _standing(folder: JobFolder) -> Standing:
    if not folder.root.exists():
        return Gone()
    if held(folder.lock):
        return Alive()
    return Gone(exit=folder.read_exit())


def _clear(folder: JobFolder) -> None:
    """Remove what a launch left that died before its harness did anything."""
    folder.root.chmod(0o700)
    for path in folder.root.iterdir():
        if path != folder.lock:
            _remove_tree(path) if stat.S_ISDIR(path.lstat().st_mode) else path.unlink()


def _remove_tree(root: Path) -> None:
    """Remove a folder and follow no link; overlayfs leaves some in it that nobody may enter."""
    for work in WORKS:
        with suppress(FileNotFoundError, NotADirectoryError), ExitStack() as stack:
            at = None
            for name in (root, work, "work"):
                at = os.open(name, _WALK, dir_fd=at)
                stack.callback(os.close, at)
                # what O_PATH opened has no fchmod; this name leads to it and nothing else
                Path(f"/proc/self/fd/{at}").chmod(0o700)
    # they need no stack for folders in folders; Python's own would end at a thousand
    opened, removed = ["chmod", "-R", "u+rwX", "--", str(root)], ["rm", "-rf", "--", str(root)]
    done = subprocess.run(removed, capture_output=True, check=False)
    if done.returncode != 0 and os.geteuid() != 0:  # a job may close its folders to its own user
        subprocess.run(opened, capture_output=True, check=False)
        done = subprocess.run(removed, capture_output=True, check=False)
    if done.returncode != 0:
        raise OSError(done.stderr.decode(errors="replace").strip()[-200:])
