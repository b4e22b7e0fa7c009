"""The files of a tree on which something depends, by one name for all that they hold."""

from collections.abc import Collection, Iterator
from hashlib import sha256

from bot.rules.globs import covers

NONE = ""
"""The name of no files."""


def named(listed: str, globs: Collection[str]) -> str:
    """Name the files of a tree that patterns cover, with what they hold and how they may run.

    Args:
        listed: the tree, as `git ls-tree -r -z` lists it.
        globs: as configuration writes them.

    Returns:
        64 hexadecimal digits, the same for the same files; `NONE` where there are none.
    """
    found = sorted(entry for path, entry in _entries(listed) if covers(globs, path))
    return sha256("\0".join(found).encode(errors="surrogateescape")).hexdigest() if found else NONE


def only(listed: str, globs: Collection[str]) -> str:
    """Return what a listing says of the files that patterns cover, each ended by a zero byte."""
    return "".join(f"{entry}\0" for path, entry in _entries(listed) if covers(globs, path))


def _entries(listed: str) -> Iterator[tuple[str, str]]:
    for entry in filter(None, listed.split("\0")):
        yield entry.partition("\t")[2], entry
