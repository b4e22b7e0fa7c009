"""Jobs as processes of this host, each in a sandbox, each outliving the worker.

A job is a folder, and its lock is the truth about its life: a worker that was restarted
finds its jobs by name and asks the lock.  When the worker is root, each job has a uid of
its own, from a range that nobody else uses.
"""

import asyncio
import compileall
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path

import structlog

from bot.model.errors import Misconfigured, Unavailable
from bot.model.ids import JobName
from bot.runners.base import Alive, Gone, Keep, Launch, Standing, Unknown
from bot.runners.uids import allot
from bot.sandbox import cgroups
from bot.sandbox.box import Bubblewrap
from bot.sandbox.folder import LOCK, JobFolder, Order, held, real_uid, started_at, take
from bot.sandbox.probe import probe
from bot.sandbox.seccomp import program

DYING = 10.0
"""Seconds that a killed job may take to vanish before `sweep` leaves it for the next time."""

GRACE = 10.0
"""Seconds that an agent's program has between SIGTERM and SIGKILL."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_LOOK = 0.01
_WALK = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OURS = ("model", "sandbox", "agents", "harness", "runners", "workspace")

log = structlog.get_logger()


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
    # a job cannot write next to the code; without this each would compile it anew
    for folder in _OURS:
        compileall.compile_dir(_code() / "bot" / folder, quiet=2)
    log.info("runner.ready", bounds=cgroups.report(), disable_userns=found.disable_userns)
    return LocalRunner(root, found, uids=uids, toolboxes=toolboxes, clock=clock)


class LocalRunner:
    """Jobs below one folder of this host.

    Args:
        root: `GREENROOM_HOME/jobs`.
        bubblewrap: what `probe()` found.
        uids: first and last uid that jobs may take when this process is root.
        toolboxes: read-only tool trees by name; each has a `bin`.
        clock: the file that moves the clock, in tests and the demo; jobs see its folder.
        grace: seconds between asking an agent's program to end and ending it.
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
    ) -> None:
        self._root = root
        self._bubblewrap = bubblewrap
        self._uids = uids
        self._toolboxes = dict(toolboxes or {})
        self._clock = clock
        self._grace = grace
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
        _signal(self._folder(job), signal.SIGKILL if kill else signal.SIGTERM)
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
            self._children.add(_spawn(folder, lock, launch.token.get_secret_value()))
        except OSError as problem:
            raise Unavailable("local runner", str(problem), retry_after=5) from problem
        finally:
            os.close(lock)
        log.info("job.launched", job=launch.job, task=launch.task)

    def _prepare(self, folder: JobFolder, launch: Launch) -> None:
        began = time.monotonic()
        folder.make()
        folder.filter.write_bytes(program())
        uid = allot(self._root, folder, self._uids)
        folder.write_order(self._order(launch, uid, began))

    def _order(self, launch: Launch, uid: int | None, began: float) -> Order:
        toolboxes = {**self._toolboxes, **launch.toolboxes}
        return Order(
            job=launch.job,
            task=launch.task,
            uid=uid,
            tree=str(launch.tree.resolve()),
            mirror=str(launch.mirror.resolve()),
            gateway=str(launch.gateway.resolve()),
            toolboxes=tuple((name, str(path.resolve())) for name, path in toolboxes.items()),
            code=str(_code()),
            packages=_packages(),
            python=str(Path(sys.base_prefix).resolve()),
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
            known = _signal(folder, signal.SIGKILL)
            if not known or time.monotonic() > give_up:
                log.warning("job.undying", job=job)
                return False
            await asyncio.sleep(_LOOK)
            self._reap()
        try:
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


def _standing(folder: JobFolder) -> Standing:
    if not folder.root.exists():
        return Gone()
    if held(folder.lock):
        return Alive()
    return Gone(exit=folder.read_exit())


def _signal(folder: JobFolder, number: signal.Signals) -> bool:
    """Send a signal to the job's harness, and to nobody who has its process id by now.

    Returns:
        False where the folder names a process that cannot be the harness of this job.
    """
    try:
        pid, start = folder.read_pid()
        with ExitStack() as stack:
            descriptor = os.pidfd_open(pid)
            stack.callback(os.close, descriptor)
            if started_at(pid) == start:
                _check_owner(folder, pid)
                signal.pidfd_send_signal(descriptor, number)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return True
    except OSError as problem:
        log.warning("job.stranger", job=folder.root.name, why=str(problem))
        return False
    return True


def _check_owner(folder: JobFolder, pid: int) -> None:
    """Refuse a process that is neither the job's nor, in its first milliseconds, the runner's."""
    rightful = {os.geteuid(), folder.uid if os.geteuid() == 0 else os.geteuid()}
    uid = real_uid(pid)
    if uid is not None and uid not in rightful:
        raise PermissionError(f"process {pid} belongs to uid {uid}")


def _spawn(folder: JobFolder, lock: int, token: str) -> int:
    """Start the harness in a session of its own, with the token on stdin; return its pid."""
    reading, writing = os.pipe()
    output = os.open(folder.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    interpreter = str(Path(sys.executable).resolve())
    main = (
        f"import sys; sys.path.insert(0, {str(_code())!r}); "
        "from bot.harness.__main__ import main; main()"
    )
    try:
        os.write(writing, f"{token}\n".encode("ascii"))
        return os.posix_spawn(
            interpreter,
            # without `site` it is up in half the time; the harness adds packages later
            [interpreter, "-I", "-S", "-c", main, str(folder.root)],
            {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, reading, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
                (os.POSIX_SPAWN_DUP2, lock, LOCK),
            ],
            setsid=True,
        )
    finally:
        for descriptor in (reading, writing, output):
            os.close(descriptor)


def _code() -> Path:
    """Return the folder that holds the package `bot`."""
    return Path(__file__).resolve().parents[2]


def _packages() -> tuple[str, ...]:
    """Return where this process has its packages from; the harness starts without `site`."""
    names = ("site-packages", "dist-packages")
    return tuple(dict.fromkeys(path for path in sys.path if Path(path).name in names))


def _clear(folder: JobFolder) -> None:
    """Remove what a launch left that died before its harness did anything."""
    folder.root.chmod(0o700)
    for path in folder.root.iterdir():
        if path != folder.lock:
            _remove_tree(path) if stat.S_ISDIR(path.lstat().st_mode) else path.unlink()


def _remove_tree(root: Path) -> None:
    """Remove a folder and follow no link; overlayfs leaves one in it that nobody may enter."""
    with suppress(FileNotFoundError, NotADirectoryError), ExitStack() as stack:
        at = None
        for name in (root, "work", "work"):
            at = os.open(name, _WALK, dir_fd=at)
            stack.callback(os.close, at)
            # what O_PATH opened has no fchmod; this name leads to it and nothing else
            Path(f"/proc/self/fd/{at}").chmod(0o700)
    # `rm` needs no stack for folders in folders; Python's own would end at a thousand.
    done = subprocess.run(["rm", "-rf", "--", str(root)], capture_output=True, check=False)
    if done.returncode != 0:
        raise OSError(done.stderr.decode(errors="replace").strip()[-200:])
