"""What lies on this host and can be had again: kept for as long as somebody wants it."""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from bot.model.clock import Clock

SPARE = 2 * 1024**3
"""Bytes of the disk that are left to everything else."""

FRESH = ".fresh"
"""How the names of folders end that are being made, or removed."""


class Kept:
    """Files and folders that say by their own time when they were last wanted.

    Args:
        clock: says when that is.
        spare: bytes of the disk that are left to everything else.
    """

    def __init__(self, clock: Clock, spare: int) -> None:
        self._clock = clock
        self._spare = spare

    def wanted(self, path: Path) -> bool:
        """Note that something is wanted now; say whether it is there."""
        now = self._clock.now()
        with suppress(FileNotFoundError):
            os.utime(path, (now, now))
            return True
        return False

    def room(self, folder: Path) -> int:
        """Return how many bytes more there may be in a folder, which is made."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return shutil.disk_usage(folder).free - self._spare

    def prune(self, found: Iterable[Path], *, unwanted_for: float) -> int:
        """Remove what nobody wanted for so many seconds; return how much that was.  Blocks."""
        before = self._clock.now() - unwanted_for
        old = [path for path in found if _when(path) < before]
        for path in old:
            gone = path
            if path.is_dir() and path.suffix != FRESH:
                # nobody finds half of it under its name
                gone = path.with_suffix(FRESH)
                path.rename(gone)
            shutil.rmtree(gone) if gone.is_dir() else gone.unlink(missing_ok=True)
        return len(old)


def _when(path: Path) -> float:
    with suppress(FileNotFoundError):
        return path.lstat().st_mtime
    return float("inf")
