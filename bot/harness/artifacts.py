"""The files that a command was to leave: found in what is left of its workspace, and packed.

The box is gone by then, so nobody changes them while they are read.  What lies there is
anybody's making all the same: no link is followed, nothing but plain files is opened, and a
tree of millions of files is looked through no further than it is worth.
"""

import io
import os
import stat
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.harness import plainfile
from bot.model.validations import MOST_ARTIFACTS, MOST_KEPT
from bot.rules.globs import covers

MOST_LOOKED_AT = 200_000
"""Files and folders that are looked at."""

DEEPEST = 100
"""Folders in folders that are looked into."""

_BESIDE = 8 * 1024  # bytes of a tar beside each file's own: a path has 4096 at most
_GIT = ".git"


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What was found.

    Attributes:
        tar: the files.
        kept: how many these are.
        left_out: how many were too large, or too many.
    """

    tar: bytes = field(repr=False)
    kept: int
    left_out: int


def pack(workspace: Path, globs: Sequence[str]) -> Packed:
    """Pack the plain files of a workspace that some patterns cover, the first by name first.

    Raises:
        OSError: the workspace cannot be read.
    """
    written, kept, left_out = io.BytesIO(), 0, 0
    top = os.open(workspace, plainfile.FOLDER)
    try:
        with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for path in sorted(_covered(top, globs)):
                room = MOST_ARTIFACTS - written.tell() - 2 * tarfile.RECORDSIZE - _BESIDE
                data = plainfile.read(top, path, room) if kept < MOST_KEPT else None
                if data is None:
                    left_out += 1
                else:
                    _add(tar, path, data)
                    kept += 1
    finally:
        os.close(top)
    return Packed(tar=written.getvalue(), kept=kept, left_out=left_out)


def _covered(top: int, globs: Sequence[str]) -> Iterator[str]:
    """Yield the paths of plain files that the patterns cover."""
    looked_at = 0
    for folder, folders, files, at in os.fwalk(dir_fd=top, follow_symlinks=False):
        if folder == ".":
            folders[:] = [name for name in folders if name != _GIT]
        if folder.count("/") >= DEEPEST:
            folders.clear()
        looked_at += len(folders) + len(files)
        if looked_at > MOST_LOOKED_AT:
            return
        for name in files:
            path = os.path.normpath(f"{folder}/{name}")
            if covers(globs, path) and _is_plain(name, at):
                yield path


def _is_plain(name: str, at: int) -> bool:
    try:
        return stat.S_ISREG(os.stat(name, dir_fd=at, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _add(tar: tarfile.TarFile, path: str, data: bytes) -> None:
    """Add a file of which nothing is told but its name and what it holds."""
    entry = tarfile.TarInfo(path)
    entry.size = len(data)
    tar.addfile(entry, io.BytesIO(data))
