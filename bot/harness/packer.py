"""Packs what a setup has added, in a box: a tar on standard output, and nothing else.

Runs inside a box as `python -I -S packer.py`, with the workspace and the home read-only, and
the paths of the repository's own files in a file beside.  The standard library is all it has.
What it packs was made by others: no link is followed, and what is no file, folder or link is
left out.  Where it adds too much, it says so in one line of complaint and ends with 3.
"""

import gzip
import json
import os
import stat
import sys
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from io import FileIO

TOO_MUCH = 3
"""The exit status that says so; what Python breaks off with has another."""

_EXECUTABLE, _PLAIN = 0o755, 0o644
_LATEST = 2**32 - 1
_QUICKLY = 1
_HIDES = ".wh."
"""How names begin that take others away where layers are unpacked."""


class TooMuch(Exception):
    """A setup has added more than it may."""


class Packer:
    """Packs folders into one tar.

    Args:
        tar: takes what is found.
        entries: files, folders and links that there may be.
        size: bytes that all files may have together.
        beside: entries that may lie in folders of the repository.
    """

    def __init__(self, tar: tarfile.TarFile, entries: int, size: int, beside: int) -> None:
        self._tar = tar
        self._entries = entries
        self._size = size
        self._beside = beside
        self._names: dict[tuple[int, int], str] = {}

    def pack(self, top: str, name: str, own: frozenset[str], left: frozenset[str]) -> None:
        """Pack what a folder has, without its own files and what is left out by its path."""
        above = frozenset(_folders(own))
        folders = [""]
        while folders:
            at = folders.pop()
            for entry in _listed(f"{top}/{at}"):
                path = f"{at}{entry.name}"
                if path in own or path in left or entry.name.startswith(_HIDES):
                    continue
                if entry.is_dir(follow_symlinks=False) and path in above:
                    folders.append(f"{path}/")
                else:
                    self._beside -= 1
                    self._all(entry, f"{name}/{path}", path, left)
        if self._beside < 0:
            raise TooMuch("puts too many files beside those of the repository.")

    def _all(self, entry: os.DirEntry[str], name: str, path: str, left: frozenset[str]) -> None:
        """Pack an entry with all that is below it."""
        found = [(entry, name, path)]
        while found:
            entry, name, path = found.pop()
            if path in left or entry.name.startswith(_HIDES):
                continue
            self._one(entry, name)
            if entry.is_dir(follow_symlinks=False):
                below = _listed(entry.path)
                found += [(each, f"{name}/{each.name}", f"{path}/{each.name}") for each in below]

    def _one(self, entry: os.DirEntry[str], name: str) -> None:
        self._entries -= 1
        if self._entries < 0:
            raise TooMuch("adds too many files.")
        about = entry.stat(follow_symlinks=False)
        info = tarfile.TarInfo(name)
        info.mtime = min(max(int(about.st_mtime), 0), _LATEST)
        info.mode = _EXECUTABLE if about.st_mode & stat.S_IXUSR else _PLAIN
        if stat.S_ISDIR(about.st_mode):
            info.type = tarfile.DIRTYPE
            self._tar.addfile(info)
        elif stat.S_ISLNK(about.st_mode):
            info.type, info.linkname = tarfile.SYMTYPE, os.readlink(entry)  # noqa: PTH115 - not as it is written
            self._tar.addfile(info)
        elif stat.S_ISREG(about.st_mode):
            self._file(entry.path, info, about)

    def _file(self, path: str, info: tarfile.TarInfo, about: os.stat_result) -> None:
        """Pack a file, or one more name of it; what is closed to its owner is left out."""
        known = self._names.get((about.st_dev, about.st_ino))
        if known is not None:
            info.type, info.linkname = tarfile.LNKTYPE, known
            self._tar.addfile(info)
            return
        self._size -= about.st_size
        if self._size < 0:
            raise TooMuch("adds too many bytes.")
        with suppress(PermissionError), FileIO(path) as file:
            info.size = about.st_size
            self._tar.addfile(info, file)
            if about.st_nlink > 1:
                self._names[about.st_dev, about.st_ino] = info.name


def _listed(folder: str) -> list[os.DirEntry[str]]:
    """Return what is in a folder, always in the same order; nothing of one that is closed."""
    with suppress(PermissionError), os.scandir(folder) as entries:
        return sorted(entries, key=lambda each: each.name)
    return []


def _folders(paths: frozenset[str]) -> Iterator[str]:
    """Yield the folders that some files are in."""
    seen = set()
    for path in paths:
        folder = os.path.dirname(path)  # noqa: PTH120 - a path as it is
        while folder and folder not in seen:
            seen.add(folder)
            yield folder
            folder = os.path.dirname(folder)  # noqa: PTH120 - likewise


def main() -> None:
    """Pack what standard input names as JSON: bounds, folders, and the repository's own paths."""
    asked = json.load(sys.stdin)
    with FileIO(asked["own"]) as file:
        own = frozenset(map(os.fsdecode, file.readall().split(b"\0"))) - {""}
    with (
        gzip.GzipFile("", "wb", _QUICKLY, sys.stdout.buffer, 0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.GNU_FORMAT) as tar,
    ):
        packer = Packer(tar, **asked["bounds"])
        for each in asked["folders"]:
            theirs = own if each["tracked"] else frozenset[str]()
            packer.pack(each["top"], each["name"], theirs, frozenset(each["left"]))


if __name__ == "__main__":
    try:
        main()
    except TooMuch as why:
        sys.stderr.write(str(why))
        sys.exit(TOO_MUCH)
