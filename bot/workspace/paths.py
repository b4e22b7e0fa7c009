"""What a path or a symbolic link that an agent made may not be.

Git's own checks (fsck of a push, `core.protectNTFS`, `core.protectHFS`) refuse much of
this as well.  These run on every change and do not depend on how git was set up.
Everything here is pure.
"""

import re
import unicodedata

MOST_PATH = 1_024
"""Bytes of a path.  Linux takes 4,096 with the folder it lies in; Windows far less."""

MOST_NAME = 255
"""Bytes of one component, the limit of common file systems."""

# NTFS keeps a short name of eight characters for `.git`; the number may differ.
# https://git-scm.com/docs/git-config#Documentation/git-config.txt-coreprotectNTFS
_SHORT_GIT = re.compile(r"git~\d+")
_UP = re.compile(r"(?:\.\./)*")


def name_trouble(path: str) -> str | None:
    """Return why a new path is refused, in words that follow its name, or None.

    Args:
        path: as in the tree, with `/`; bytes that are no UTF-8 are surrogates.
    """
    if any("\ud800" <= letter <= "\udfff" for letter in path):
        return "is not UTF-8"
    if len(path.encode()) > MOST_PATH:
        return f"is longer than {MOST_PATH} bytes"
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"} for letter in path):
        return "has a control character or an invisible one in its name"
    for name in path.split("/"):
        if trouble := _component_trouble(name):
            return trouble
    return None


def link_trouble(path: str, target: str) -> str | None:
    """Return why a symbolic link is refused, in words that follow its path, or None.

    A target climbs only at its start, and never above the root.  Then links that lead
    through other links cannot leave the tree either: each step starts inside and stays so.
    """
    if any("\ud800" <= letter <= "\udfff" or letter < " " for letter in target):
        return "is a link to something that is no path"
    if not target or target.startswith("/") or "\\" in target or ":" in target:
        return "is a link to an absolute path"
    climb = _UP.match(target)
    assert climb is not None
    below = target[climb.end() :].split("/")
    # a bare `..` at the end climbs as well
    ups = climb.group().count("/") + (below == [".."])
    if ups > path.count("/"):
        return "is a link that leads out of the repository"
    if ".." in below[:-1] or (below[-1] == ".." and len(below) > 1):
        return "is a link that climbs after it has descended"
    if any(is_dot_git(name) for name in below):
        return "is a link into a repository's own files"
    return None


def is_dot_git(name: str) -> bool:
    """Tell whether some file system would take `name` for `.git`.

    macOS ignores case and invisible characters, Windows case, trailing dots and spaces,
    what follows a colon, and short names.
    """
    visible = "".join(letter for letter in name if unicodedata.category(letter) != "Cf")
    bare = unicodedata.normalize("NFKC", visible).casefold().split(":")[0].rstrip(" .")
    return bare == ".git" or bool(_SHORT_GIT.fullmatch(bare))


def _component_trouble(name: str) -> str | None:
    if name in {"", ".", ".."}:
        return "climbs in the tree"
    if is_dot_git(name):
        return "has a part that may be taken for `.git`"
    if "\\" in name or ":" in name or name != name.rstrip(" ."):
        return "has a part that Windows reads as another path"
    if len(name.encode()) > MOST_NAME:
        return f"has a part longer than {MOST_NAME} bytes"
    return None
