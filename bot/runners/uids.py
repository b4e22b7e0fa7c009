"""A uid of its own for each job, where the worker may give one.

Two jobs of one uid could signal each other and read each other's files, should one of them
ever leave its box.
"""

import fcntl
import os
from pathlib import Path

from bot.sandbox.folder import JobFolder


def allot(root: Path, folder: JobFolder, uids: tuple[int, int]) -> int | None:
    """Give the job a uid that no other job has, written down as the group of its folder.

    One lock makes looking and writing one act.  A uid is free again once the folder of its
    job is removed.  Nothing that a job can write has a say.

    Args:
        root: the folder of all jobs.
        folder: of the job that asks.
        uids: first and last that may be taken; an ordinary user gets None.

    Raises:
        OSError: all are taken.
    """
    if os.geteuid() != 0:
        return None
    descriptor = os.open(root / ".uids", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        taken = {_uid(each) for each in root.iterdir() if each != folder.root}
        free = next((uid for uid in range(uids[0], uids[1] + 1) if uid not in taken), None)
        if free is None:
            raise OSError(f"all uids from {uids[0]} to {uids[1]} are taken by jobs")
        os.chown(folder.root, 0, free, follow_symlinks=False)
        return free
    finally:
        os.close(descriptor)


def _uid(root: Path) -> int | None:
    try:
        return JobFolder(root).uid
    except FileNotFoundError:
        return None
