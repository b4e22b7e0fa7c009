"""The processes that a runner of this host starts and signals: those of the harness."""

import compileall
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import structlog

from bot.sandbox.folder import LOCK, JobFolder, real_uid, started_at

_OURS = ("model", "sandbox", "agents", "harness", "runners", "workspace")
_ENDS = "import os, signal; signal.signal(signal.SIGTERM, lambda *_: os._exit(143)); "

log = structlog.get_logger()


def send(folder: JobFolder, number: signal.Signals) -> bool:
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


def harness(
    folder: JobFolder, module: str = "__main__", *, first: bool = False
) -> tuple[str, ...]:
    """Return the command line of a job's harness, or of another of its programs.

    Args:
        folder: the job's.
        module: of the harness, with a `main`.
        first: whether it is the first process of a container, which SIGTERM ends only if it
            says so.
    """
    main = (
        f"import sys; sys.path.insert(0, {str(code())!r}); "
        f"from bot.harness.{module} import main; main()"
    )
    # without `site` it is up in half the time; the harness adds packages later
    return (interpreter(), "-I", "-S", "-c", f"{_ENDS * first}{main}", str(folder.root))


def spawn(
    folder: JobFolder,
    lock: int,
    token: str,
    program: Sequence[str],
    environment: Mapping[str, str],
) -> int:
    """Start a program in a session of its own, with the token on stdin; return its pid."""
    reading, writing = os.pipe()
    output = os.open(folder.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(writing, f"{token}\n".encode("ascii"))
        return os.posix_spawn(
            program[0],
            list(program),
            {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **environment},
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


def interpreter() -> str:
    """Return the path of the interpreter that runs this process, and is to run harnesses."""
    return str(Path(sys.executable).resolve())


def python() -> str:
    """Return the prefix of that interpreter."""
    return str(Path(sys.base_prefix).resolve())


def code() -> Path:
    """Return the folder that holds the package `bot`."""
    return Path(__file__).resolve().parents[2]


def packages() -> tuple[str, ...]:
    """Return where this process has its packages from; the harness starts without `site`."""
    names = ("site-packages", "dist-packages")
    return tuple(dict.fromkeys(path for path in sys.path if Path(path).name in names))


def compile_ours() -> None:
    """Compile what jobs import: none can write next to the code, and each would do it anew."""
    for folder in _OURS:
        compileall.compile_dir(code() / "bot" / folder, quiet=2)
