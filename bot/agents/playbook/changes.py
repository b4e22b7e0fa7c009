"""Changes that people wrote down, as they can be made: lines replaced, or a patch.

Everything here is pure.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_LINK = re.compile(
    r"^(?:new file mode|new mode|old mode|deleted file mode) 1[26]0000", re.MULTILINE
)
_FILES = re.compile(r"^--- (?P<old>\S+).*\n\+\+\+ (?P<new>\S+)", re.MULTILINE)
_PREFIX = re.compile(r"[abciow]/")
"""What git puts before a path, by `diff.mnemonicPrefix` too.

https://git-scm.com/docs/diff-config#Documentation/diff-config.txt-diffmnemonicPrefix
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """Put `text` in the place of the lines `first` to `last`, counted from 1.

    Attributes:
        author: who suggested it; empty for whoever asked.
    """

    author: str
    path: str
    first: int
    last: int
    text: str

    def __str__(self) -> str:
        return f"{whose(self.author, 'suggestion')} for {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """Apply a unified diff.

    Attributes:
        author: as of `Replace`.
        fails: the test that has to fail before it is made; empty for none.
    """

    author: str
    text: str
    fails: str = ""

    def __str__(self) -> str:
        return whose(self.author, "patch")


Change = Replace | Patch


def collide(changes: Sequence[Change]) -> bool:
    """Say whether two changes replace the same line."""
    spans = sorted((c.path, c.first, c.last) for c in changes if isinstance(c, Replace))
    return any(one[0] == two[0] and two[1] <= one[2] for one, two in pairwise(spans))


def in_order(changes: Sequence[Change]) -> list[Change]:
    """Return the changes as they can be made: no line moves before it was replaced."""
    replaced = [each for each in changes if isinstance(each, Replace)]
    patches = [each for each in changes if isinstance(each, Patch)]
    return [*sorted(replaced, key=lambda each: (each.path, -each.first)), *patches]


def path_trouble(path: str) -> str | None:
    """Return why a path is refused, in words that follow it, or None."""
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or "\0" in path or ".." in parts:
        return "leads out of the repository"
    if any(part.casefold() == ".git" for part in parts):
        return "belongs to git"
    return None


def patch_trouble(text: str) -> str | None:
    """Return why a patch is refused before it is tried, as a sentence, or None."""
    if _LINK.search(text):
        return "It makes or changes a symbolic link or a submodule."
    return None


def leading_parts(text: str) -> int:
    """Return how many leading parts of a patch's paths are no part of the file's path.

    It is not tried out: a patch that makes a file can be applied either way.
    """
    files = _FILES.search(text)
    if files is None or files["old"] == files["new"]:
        return 1 if files is None else 0
    sides = [path for path in files.groups() if path != "/dev/null"]
    return 1 if all(_PREFIX.match(path) for path in sides) else 0


def replaced(content: str, change: Replace) -> str | None:
    """Return a file's content with the change made; None where it has no such lines.

    Line ends stay the file's own, also the one that its last line may lack.
    """
    lines = _split(content)
    if not 1 <= change.first <= change.last <= len(lines):
        return None
    end = "\r\n" if lines[change.first - 1].endswith("\r\n") else "\n"
    new = change.text.replace("\n", end)
    if change.last == len(lines) and not lines[-1].endswith("\n"):
        new = new.removesuffix(end)
    return "".join([*lines[: change.first - 1], new, *lines[change.last :]])


def _split(content: str) -> list[str]:
    """Split at line feeds alone, as git and GitHub count lines."""
    lines = [f"{line}\n" for line in content.split("\n")]
    lines[-1] = lines[-1].removesuffix("\n")
    return lines if lines[-1] else lines[:-1]


def whose(author: str, what: str) -> str:
    """Name somebody's change."""
    return f"the {what} by {author}" if author else f"the given {what}"
