"""Single files of a commit, read from a mirror."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.model.ids import Sha
from bot.workspace.git import GIT, Git

MOST_FOLDERS = 200
"""Folders at the top of a tree whose files are listed too."""

MOST_FILES = 100
"""Files that are read at once."""

LARGEST = 1024 * 1024
"""Bytes of a file that is read; of a larger one only its size is told."""

REGULAR = frozenset({"100644", "100755"})
"""Modes of files that are no links.  https://git-scm.com/docs/git-fast-import#_filemodify"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A file at the top of a tree; `data` is empty for one that is too large."""

    path: str
    data: bytes
    size: int


async def first(mirror: Path, commit: Sha, names: Sequence[str], git: Git = GIT) -> Read | None:
    """Return the first of some files that a commit has at its top; None when it has none.

    A link is not followed, and counts as absent.

    Raises:
        GitFailed: the mirror does not have the commit.
    """
    listed = await git.out(mirror, "ls-tree", "-l", "-z", commit, "--", *names)
    found = {}
    for entry in filter(None, listed.decode().split("\0")):
        about, _, path = entry.partition("\t")
        mode, _, blob, size = about.split()
        if mode in REGULAR:
            found[path] = blob, int(size)
    for name in names:
        if name in found:
            blob, length = found[name]
            small = length <= LARGEST
            data = await git.out(mirror, "cat-file", "blob", blob) if small else b""
            return Read(path=name, data=data, size=length)
    return None


async def texts(
    mirror: Path, commit: Sha, folder: str, wanted: re.Pattern[str], git: Git = GIT
) -> Mapping[str, str]:
    """Return the files below a folder whose paths from there fit a pattern, by their paths.

    Links and files that are too large are left out; bytes that are no UTF-8 are surrogates.

    Args:
        mirror: has the commit.
        commit: where to read.
        folder: with a slash at its end.
        wanted: fits the whole path below the folder.
        git: how git is started.

    Raises:
        GitFailed: the mirror does not have the commit.
    """
    found = await git.out(mirror, "ls-tree", "-r", "-l", "-z", commit, "--", folder)
    entries = [entry.partition("\t") for entry in _texts(found)]
    blobs = {
        path: about.split()[2]
        for about, _, path in entries
        if wanted.fullmatch(path.removeprefix(folder)) and _is_small_file(about)
    }
    chosen = list(blobs.items())[:MOST_FILES]
    read = [(path, await git.out(mirror, "cat-file", "blob", blob)) for path, blob in chosen]
    return {path: data.decode(errors="surrogateescape") for path, data in read}


def _is_small_file(about: str) -> bool:
    mode, _, _, size = about.split()
    return mode in REGULAR and int(size) <= LARGEST


async def shallow(mirror: Path, commit: Sha, git: Git = GIT) -> tuple[str, ...]:
    """Return what a commit has at its top, and in the folders there: their paths.

    Raises:
        GitFailed: the mirror does not have the commit.
    """
    top = await git.out(mirror, "ls-tree", "-z", commit)
    entries = [entry.partition("\t") for entry in _texts(top)]
    folders = [f"{name}/" for about, _, name in entries if about.split()[1] == "tree"]
    names = tuple(name for _, _, name in entries)
    if not folders:  # none would stand for the top once more
        return names
    words = ("--literal-pathspecs", "ls-tree", "--name-only", "-z", commit, "--")
    return (*names, *_texts(await git.out(mirror, *words, *folders[:MOST_FOLDERS])))


def _texts(listed: bytes) -> list[str]:
    return [each.decode(errors="surrogateescape") for each in listed.split(b"\0") if each]
