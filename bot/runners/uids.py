"""A uid of its own for each job, where the worker may give one.

Two jobs of one uid could signal each other and read each other's files, should one of them
ever leave its box.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.sandbox.folder import JobFolder


@contextmanager
def allotted(root: Path, folder: JobFolder, uids: tuple[int, int]) -> Iterator[int | None]:
    """Yield a uid that no other job has, until the caller has written it into the order.

    One lock makes looking and writing one act.  A uid is free again once the folder of its
    job is removed.

    Args:
        root: the folder of all jobs.
        folder: of the job that asks.
        uids: first and last that may be taken; None is yielded to an ordinary user.

    Raises:
        OSError: all are taken.
    """
    if os.geteuid() != 0:
        yield None
        return
    descriptor = os.open(root / ".uids", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        taken = {_uid(each) for each in root.iterdir() if each.is_dir() and each != folder.root}
        free = next((uid for uid in range(uids[0], uids[1] + 1) if uid not in taken), None)
        if free is None:
            raise OSError(f"all uids from {uids[0]} to {uids[1]} are taken by jobs")
        yield free
    finally:
        os.close(descriptor)


def _uid(root: Path) -> int | None:
    try:
        uid = json.loads((root / "order.json").read_bytes())["uid"]
    except (FileNotFoundError, ValueError, KeyError):
        return None
    return int(uid) if uid is not None else None
