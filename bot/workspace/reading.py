"""Single files of a commit, read from a mirror."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.model.ids import Sha
from bot.workspace.git import GIT, Git

MOST_FOLDERS = 200
"""Folders at the top of a tree whose files are listed too."""

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
