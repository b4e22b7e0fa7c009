"""What of a job is still there: its lock, which tells of its life, and its processes."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

from bot.sandbox.folder import JobFolder, held, started_at

LOOKS, PAUSE = 1000, 0.04


def live_jobs(home: Path) -> list[JobFolder]:
    return [job for job in _jobs(home) if held(job.lock)]


async def left_over(home: Path, uids: range) -> list[str]:
    """Wait a while until no job has a process; return those that still have."""
    for _ in range(LOOKS):
        left = [f"{job.root.name} is alive" for job in live_jobs(home)]
        if not (left := left + _processes(uids)):
            break
        await asyncio.sleep(PAUSE)
    return left


def end_jobs(home: Path) -> None:
    """End what a failed test left running; harnesses outlive the worker on purpose."""
    for job in _jobs(home):
        with suppress(FileNotFoundError, ProcessLookupError, ValueError):
            pid, start = job.pid.read_text().split()
            if started_at(int(pid)) == start:
                os.kill(int(pid), signal.SIGKILL)


def owner(process: Path) -> int:
    try:
        return process.stat().st_uid
    except FileNotFoundError:
        return -1


def command_line(process: Path) -> str:
    """Return what a process was started with, in short; a zombie has nothing."""
    try:
        words = (process / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return words.replace(b"\0", b" ").decode(errors="replace")[:100]


def _jobs(home: Path) -> list[JobFolder]:
    return [JobFolder(path) for path in (home / "jobs").glob("*") if path.is_dir()]


def _processes(uids: range) -> list[str]:
    """Processes of the jobs' uids, zombies aside; an ordinary user's jobs have his own."""
    return [
        f"process {path.name} is left over: {command}"
        for path in Path("/proc").glob("[0-9]*")
        if owner(path) in uids and (command := command_line(path))
    ]
