"""A job's folder: what lies in it, who writes it, and whether the job is alive.

The lock is the truth about life.  It is an open-file-description lock (fcntl(2)): the
runner takes it, the job's processes inherit it, and the kernel drops it with the last of
them, whatever killed them.  A process id may belong to a zombie, or to somebody else by now.

Under root the folder stays root's, sticky as `/tmp` is: its group, the job's uid, may add
to it, and cannot remove, rename or replace the lock, the order, the process id or the
overlay's work folder.  So what root reads there of others' making is `exit` alone.
"""

import fcntl
import json
import os
import struct
import time
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from typing import Any, Literal

LOCK = 3
"""The descriptor by which a runner hands over the job's lock."""

WORKS = ("work", "home.work")
"""The folders of a job in which the kernel prepares what it writes to an overlay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the runner tells the processes of a job; holds no secret.

    Attributes:
        job: the job's name.
        task: what it is for: an agent at work, or one validation.
        uid: whom the job's processes become; None when they stay who they are.
        tree: the warm tree, with its `.git`.
        mirror: the bare repository that the tree borrows objects from.
        gateway: the folder that holds `gateway.sock`.
        toolboxes: pairs of a name and a folder that has `bin`.
        layers: trees that lie below `tree` in the workspace, the upper one first.
        homes: the same below what is written to the home.
        roots: pairs of an image's name and its tree.
        code: the folder that holds the package `bot`.
        packages: folders of installed packages.
        python: the prefix of the interpreter.
        clock: the file that moves the clock, if one does.
        limits: of the agent's program, as a mapping.
        bwrap: path of bubblewrap.
        disable_userns: whether it knows the option.
        grace: seconds between asking the agent's program to end and ending it.
        launched: when the runner began, in seconds of the monotonic clock.
        container: the command line that runs the harness in a container; empty where it runs
            beside the runner.
        views: pairs of a path of the host, and where root is to show it to that container.
    """

    job: str
    task: Literal["agent", "validation"]
    uid: int | None
    tree: str
    mirror: str
    gateway: str
    toolboxes: tuple[tuple[str, str], ...]
    code: str
    packages: tuple[str, ...]
    python: str
    clock: str | None
    limits: dict[str, int]
    bwrap: str
    disable_userns: bool
    grace: float
    launched: float
    layers: tuple[str, ...] = ()
    homes: tuple[str, ...] = ()
    roots: tuple[tuple[str, str], ...] = ()
    container: tuple[str, ...] = ()
    views: tuple[tuple[str, str], ...] = ()

    def since(self) -> float:
        """Return the milliseconds since the runner began."""
        return round((time.monotonic() - self.launched) * 1000, 1)


@dataclass(frozen=True, slots=True)
class JobFolder:
    """Paths below one job's folder."""

    root: Path

    @property
    def uid(self) -> int:
        """The uid of the job, if root made the folder: its group, which only root can set.

        Raises:
            FileNotFoundError: the folder is gone.
        """
        return self.root.lstat().st_gid

    @property
    def lock(self) -> Path:
        """Held for as long as anything of the job lives."""
        return self.root / "lock"

    @property
    def group(self) -> str:
        """The name of the job's cgroups, unlike that of any other job on this host."""
        return f"greenroom-{self.root.name}-{self.root.stat().st_ino}"

    @property
    def order(self) -> Path:
        """The `Order`, as JSON."""
        return self.root / "order.json"

    @property
    def pid(self) -> Path:
        """Process id and start time of the harness."""
        return self.root / "pid"

    @property
    def exit(self) -> Path:
        """The harness's exit status, written as its last act."""
        return self.root / "exit"

    @property
    def log(self) -> Path:
        """What stage and harness print."""
        return self.root / "log"

    @property
    def agent_log(self) -> Path:
        """What the agent's program prints, bounded."""
        return self.root / "agent.log"

    @property
    def filter(self) -> Path:
        """The compiled seccomp filter."""
        return self.root / "seccomp.bpf"

    @property
    def workspace(self) -> Path:
        """Where the overlay is mounted, in the job's mount namespace only."""
        return self.root / "workspace"

    @property
    def home(self) -> Path:
        """The agent's HOME."""
        return self.root / "home"

    @property
    def door(self) -> Path:
        """What the agent sees as `inside.DOOR`: the harness's socket and the brief."""
        return self.root / "door"

    @property
    def push(self) -> Path:
        """The same for the box that pushes the result; no agent sees it."""
        return self.root / "push"

    @property
    def result(self) -> Path:
        """The bare repository that the result is committed in, away from the workspace."""
        return self.root / "result.git"

    @property
    def builds(self) -> Path:
        """Where a validation that builds images keeps them."""
        return self.root / "builds"

    @property
    def excluded(self) -> Path:
        """What git is to leave alone in the workspace, as patterns."""
        return self.root / "excluded"

    def below(self, kind: str, number: int) -> Path:
        """Where root shows one of the layers, or of the homes, as if it were the job's own."""
        return self.root / kind / str(number)

    @property
    def services(self) -> Path:
        """What the servers beside a validation write, a folder for each."""
        return self.root / "services"

    def view(self, number: int) -> Path:
        """Where root shows a folder of the host to a container, as if it were the job's own."""
        return self.root / "views" / str(number)

    def make(self) -> None:
        """Make the folders that a job needs; safe to repeat."""
        names = ("upper", "work", "lower", "workspace", "home", "door", "push")
        for path in (self.root, *(self.root / name for name in names)):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def read_order(self) -> Order:
        """Return what the runner wrote."""
        fields: dict[str, Any] = json.loads(self.order.read_bytes())
        for name in ("packages", "layers", "homes", "container"):
            fields[name] = tuple(fields[name])
        for name in ("toolboxes", "roots", "views"):
            fields[name] = tuple((first, second) for first, second in fields[name])
        return Order(**fields)

    def write_order(self, order: Order) -> None:
        """Write it for the processes of the job."""
        self.order.write_text(json.dumps(asdict(order)), encoding="utf-8")

    def read_pid(self) -> tuple[int, str]:
        """Return process id and start time of the harness.

        Raises:
            FileNotFoundError: no harness has written it yet.
            PermissionError: somebody else wrote it.
            ValueError: it was written in part.
        """
        with _open_plain(self.pid) as file:
            if os.fstat(file.fileno()).st_uid != os.geteuid():
                raise PermissionError(f"{self.pid} was not written by this user")
            pid, start = file.read(64).decode("ascii").split()
        return int(pid), start

    def write_pid(self) -> None:
        """Write down this process as the one to signal."""
        self.pid.write_text(f"{os.getpid()} {started_at(os.getpid())}", encoding="ascii")

    def read_exit(self) -> int | None:
        """Return the exit status; None where there is none, whatever the job put there.

        Called by root on what the job wrote: no link is followed, no pipe waited for.
        """
        try:
            with _open_plain(self.exit) as file:
                return int(file.read(4) or b"")
        except (OSError, ValueError):
            return None


def take(lock: Path) -> int | None:
    """Return a descriptor that holds the lock, or None where somebody alive holds it.

    Raises:
        OSError: the folder cannot be read; nothing is known then.
    """
    descriptor = _open(lock)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _whole_file(fcntl.F_WRLCK))
    except (BlockingIOError, PermissionError):
        os.close(descriptor)
        return None
    return descriptor


def held(lock: Path) -> bool:
    """Say whether somebody alive holds the lock, without taking it even for a moment.

    Raises:
        OSError: the folder cannot be read; nothing is known then.
    """
    descriptor = _open(lock)
    try:
        answer = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _whole_file(fcntl.F_WRLCK))
    finally:
        os.close(descriptor)
    return bool(struct.unpack_from("h", answer)[0] != fcntl.F_UNLCK)


def _open_plain(path: Path) -> FileIO:
    return FileIO(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC))


def _open(lock: Path) -> int:
    return os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _whole_file(kind: int) -> bytes:
    """Return a `struct flock` of 64-bit Linux: type, whence, start, length, pid."""
    return struct.pack("hhqqi4x", kind, os.SEEK_SET, 0, 0, 0)


def started_at(pid: int) -> str | None:
    """Return when a process started, in clock ticks after boot; None when there is none.

    With the pid it names one process for ever (proc(5), field 22 of stat).
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return stat.rpartition(")")[2].split()[19]


def real_uid(pid: int) -> int | None:
    """Return who started a process or whom it became; None when there is none.

    Read from proc(5)'s status: the owner of `/proc/PID` is root's for processes that hide.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return next(int(line.split()[1]) for line in lines.splitlines() if line.startswith("Uid:"))
