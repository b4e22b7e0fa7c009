"""One layer after another becomes a tree: files are put in place, replaced, and taken away.

Nothing is found by a path that a layer names: each folder on the way is opened by itself, and
never through a link.  What is made are folders, files and links, with modes of our own;
devices, owners and attributes are left out, since a tree of tools needs none.
https://github.com/opencontainers/image-spec/blob/main/layer.md
"""

import os
import shutil
import stat
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from bot.rules.images import coded, refused

MOST_DEEP = 64
"""Folders in folders."""

_HIDDEN = ".wh."
_OPAQUE = ".wh..wh..opq"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FRESH = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_ALL_READ, _ALL_RUN = 0o644, 0o755
_CHUNK = 256 * 1024
_LATEST = 2**32 - 1

Path = tuple[str, ...]
"""The names of a path below the top."""


@dataclass(slots=True)
class Tally:
    """What may still be made, and what was.

    Attributes:
        entries: files, folders and links that may still come.
        left_out: devices, pipes and sockets that were not made.
    """

    entries: int
    left_out: int = 0

    def one(self) -> None:
        """Count one more.

        Raises:
            Refused: there are too many.
        """
        self.entries -= 1
        if self.entries < 0:
            raise refused("has too many files.")


class Tree:
    """A tree that layers are laid into, below an open folder."""

    def __init__(self, top: int, tally: Tally) -> None:
        self._top = top
        self._tally = tally

    def lay(self, tar: tarfile.TarFile) -> None:
        """Lay one layer over what is there.

        Raises:
            Refused: it would lead out of the tree, through a link, or to too much.
            OSError: a name that the disk does not take, or the disk is full.
        """
        own: set[Path] = set()
        while (entry := tar.next()) is not None:
            # it keeps them all, and there may be a million
            tar.members.clear()  # type: ignore[attr-defined]
            self._tally.one()
            path = names(entry.name)
            if path and path[-1].startswith(_HIDDEN):
                self._hide(path, own)
            elif path:
                self._put(tar, entry, path)
                own.update(path[:end] for end in range(1, len(path) + 1))

    def _put(self, tar: tarfile.TarFile, entry: tarfile.TarInfo, path: Path) -> None:
        if entry.issparse() or entry.size < 0:
            raise refused(f"has a file that is written in a way that is not read, {_told(path)}.")
        with self._folder(path[:-1]) as at:
            name = path[-1]
            if entry.isdir():
                self._make_folder(at, name)
            elif entry.islnk():
                self._link(at, path, names(entry.linkname))
            elif entry.issym():
                _clear(at, name)
                os.symlink(entry.linkname, name, dir_fd=at)
            elif entry.isreg():
                _clear(at, name)
                _write(tar, entry, at, name)
            else:
                _clear(at, name)
                self._tally.left_out += 1

    def _make_folder(self, at: int, name: str) -> None:
        if not _is(at, name, stat.S_ISDIR):
            _clear(at, name)
            os.mkdir(name, _ALL_RUN, dir_fd=at)

    def _link(self, at: int, path: Path, to: Path) -> None:
        """Give a file of the tree one more name."""
        if to == path:
            return
        if not to:
            raise refused(f"has a second name of nothing, {_told(path)}.")
        with self._folder(to[:-1], make=False) as there:
            if not _is(there, to[-1], stat.S_ISREG):
                raise refused(f"has a second name of what is no file, {_told(path)}.")
            _clear(at, path[-1])
            os.link(to[-1], path[-1], src_dir_fd=there, dst_dir_fd=at, follow_symlinks=False)

    def _hide(self, path: Path, own: set[Path]) -> None:
        """Take away what the layers below have, and nothing of this layer's own."""
        folder, name = path[:-1], path[-1]
        hidden = name.removeprefix(_HIDDEN)
        if hidden in {"", ".", ".."}:
            raise refused(f"takes away what has no name, {_told(path)}.")
        with suppress(FileNotFoundError), self._folder(folder, make=False) as at:
            if name == _OPAQUE:
                for each in os.listdir(at):  # noqa: PTH208 - of an open folder
                    if (*folder, each) not in own:
                        _clear(at, each)
                return
            if (*folder, hidden) not in own and not hidden.startswith(_HIDDEN):
                _clear(at, hidden)

    @contextmanager
    def _folder(self, path: Path, *, make: bool = True) -> Iterator[int]:
        """Open a folder of the tree; those on the way are made where there are none.

        Raises:
            Refused: a file or a link is in the way.
            FileNotFoundError: it is not there, and is not to be made.
        """
        at = os.dup(self._top)
        try:
            for name in path:
                if make and not _is(at, name, lambda _: True):
                    self._tally.one()
                    os.mkdir(name, _ALL_RUN, dir_fd=at)
                deeper = _entered(at, name, path)
                os.close(at)
                at = deeper
            yield at
        finally:
            os.close(at)


def names(text: str) -> Path:
    """Split a path of a layer; the top is empty.

    Raises:
        Refused: it leads up, or too deep.
    """
    found = tuple(name for name in text.split("/") if name not in {"", "."})
    if ".." in found:
        raise refused(f"has a path that leads up, {_told(found)}.")
    if len(found) > MOST_DEEP:
        raise refused(f"has more than {MOST_DEEP} folders in each other.")
    return found


def _entered(at: int, name: str, path: Sequence[str]) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=at)
    except NotADirectoryError:
        words = f"puts files below what is no folder, or a link to one, {_told(path)}."
        raise refused(words) from None


def _write(tar: tarfile.TarFile, entry: tarfile.TarInfo, at: int, name: str) -> None:
    """Write a file that all may read, and run where its owner may."""
    file = os.open(name, _FRESH, 0o600, dir_fd=at)
    try:
        content, left = tar.extractfile(entry), entry.size
        while content and left and (data := content.read(min(left, _CHUNK))):
            _write_all(file, data)
            left -= len(data)
        if left:
            raise refused(f"has a file that ends too early, {_told((name,))}.")
        os.fchmod(file, _ALL_RUN if entry.mode & stat.S_IXUSR else _ALL_READ)
        # Python takes what it has compiled for stale where the source has another time
        when = min(max(int(entry.mtime), 0), _LATEST)
        os.utime(file, (when, when))
    finally:
        os.close(file)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _clear(at: int, name: str) -> None:
    """Make room for something of this name; what a link leads to stays."""
    if _is(at, name, stat.S_ISDIR):
        shutil.rmtree(name, dir_fd=at)
    else:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=at)


def _is(at: int, name: str, kind: Callable[[int], bool]) -> bool:
    """Tell whether something of this name is there, and of a kind."""
    try:
        return kind(os.stat(name, dir_fd=at, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def _told(path: Sequence[str]) -> str:
    """Show a path that a stranger chose."""
    return coded("/".join(path))
