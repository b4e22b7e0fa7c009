"""Layers that lie below a tree: what git is told of them, and how they are laid without mounts.

A layer was made by a command that strangers may have had a hand in.  Nothing is opened through
a link of it, and where the tree has something of the same name, that stands.
"""

import os
import shutil
import stat
from collections.abc import Sequence
from io import FileIO
from pathlib import Path

MOST_PATTERNS = 10_000
"""Patterns that git is told; in further folders it leaves alone all that is new."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_FRESH = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_SPECIAL = str.maketrans({letter: f"\\{letter}" for letter in "\\*?[ "} | {"\n": "?"})
_CHUNK = 1 << 20


def patterns(layers: Sequence[Path], tree: Path, most: int = MOST_PATTERNS) -> list[str]:
    """Return the patterns by which git leaves alone what layers add to a tree.

    A folder that is not in the tree takes one.  In one that is, each addition does, so that
    what an agent adds beside them counts.
    https://git-scm.com/docs/gitignore
    """
    found: list[str] = []
    for layer in layers:
        folders = [""]
        while folders:
            at = folders.pop()
            new, common = _compared(layer, tree, at)
            folders += common
            few = len(found) + len(new) <= most
            found += new if few else [f"{at.translate(_SPECIAL)}/*"]
    return found


def _compared(layer: Path, tree: Path, at: str) -> tuple[list[str], list[str]]:
    """Return what a folder of a layer adds, and the folders that both have."""
    new, common = [], []
    with os.scandir(f"{layer}{at}") as entries:
        for entry in entries:
            path = f"{at}/{entry.name}"
            there = _mode(f"{tree}{path}")
            if there is None:
                new.append(path.translate(_SPECIAL))
            elif stat.S_ISDIR(there) and entry.is_dir(follow_symlinks=False):
                common.append(path)
    return new, common


def _mode(path: str) -> int | None:
    try:
        return os.lstat(path).st_mode
    except FileNotFoundError:
        return None


def lay(layer: Path, target: Path, owner: int | None) -> None:
    """Copy a layer below what is in a folder already; all that it gets is `owner`'s.

    Raises:
        OSError: it cannot be written.
    """
    for path, folders, files, source in os.fwalk(layer):
        below = Path(path).relative_to(layer).parts
        at = _entered(target, below)
        if at is None:
            folders.clear()
            continue
        try:
            for name in (*folders, *files):  # of which the first may be links to folders
                _copied(name, source, at, owner)
        finally:
            os.close(at)


def _entered(top: Path, names: Sequence[str]) -> int | None:
    """Open a folder by no link; None where something else has its name."""
    at = os.open(top, _FOLDER)
    for name in names:
        try:
            deeper = os.open(name, _FOLDER, dir_fd=at)
        except OSError:
            os.close(at)
            return None
        os.close(at)
        at = deeper
    return at


def _copied(name: str, source: int, at: int, owner: int | None) -> None:
    """Copy a file or a link, or make a folder, unless something has its name."""
    about = os.stat(name, dir_fd=source, follow_symlinks=False)
    try:
        if stat.S_ISLNK(about.st_mode):
            os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=at)
        elif stat.S_ISDIR(about.st_mode):
            os.mkdir(name, 0o755, dir_fd=at)
        else:
            _written(name, source, at, about)
    except FileExistsError:
        return
    if owner is not None:
        os.chown(name, owner, owner, dir_fd=at, follow_symlinks=False)


def _written(name: str, source: int, at: int, about: os.stat_result) -> None:
    reading = os.open(name, _FILE, dir_fd=source)
    with FileIO(reading) as file, FileIO(os.open(name, _FRESH, 0o600, dir_fd=at), "w") as fresh:
        shutil.copyfileobj(file, fresh, _CHUNK)
        os.fchmod(fresh.fileno(), stat.S_IMODE(about.st_mode))
    os.utime(name, ns=(about.st_mtime_ns,) * 2, dir_fd=at, follow_symlinks=False)
