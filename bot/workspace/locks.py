"""Locks that hold between processes and die with whoever holds them.

A flock belongs to an open file, not to a process.  The descriptor is handed on to
git, so that a fetch that outlives a killed worker keeps the lock until it is done.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_PAUSE = 0.01
"""Seconds between two tries.  A blocking flock would need a thread that cannot be cancelled."""


@asynccontextmanager
async def locked(file: Path) -> AsyncIterator[int]:
    """Hold the lock that `file` stands for, and give its descriptor for git to inherit.

    The file is made when missing and never removed: removing it would let two hold it.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _taken(descriptor):  # noqa: ASYNC110 - another process sets no event here
            await asyncio.sleep(_PAUSE)
        yield descriptor
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
