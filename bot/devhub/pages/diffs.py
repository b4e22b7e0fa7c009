"""A patch as rows of a table: which line it was, which line it is."""

import re
from dataclasses import dataclass
from typing import Literal

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)")

MOST_ROWS = 3000
"""Rows of one file that a page shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: a line of the old or the new file, of both, or a hunk's head.

    Attributes:
        old: its number on the left side, None where it is not.
        new: its number on the right side.
    """

    kind: Literal["hunk", "same", "added", "removed", "note"]
    text: str
    old: int | None = None
    new: int | None = None

    @property
    def side(self) -> Literal["LEFT", "RIGHT"]:
        """Return the side on which a comment would stand."""
        return "LEFT" if self.new is None else "RIGHT"

    @property
    def line(self) -> int | None:
        """Return the line that a comment would be about."""
        return self.old if self.new is None else self.new


def rows(patch: str) -> list[Row]:
    """Return the rows of a file's patch, as GitHub gives it: without its header."""
    found: list[Row] = []
    old = new = 0
    for line in patch.split("\n"):
        mark, text = line[:1], line[1:]
        if hunk := _HUNK.match(line):
            old, new = int(hunk[1]), int(hunk[2])
            found.append(Row(kind="hunk", text=line))
        elif mark == "+":
            found.append(Row(kind="added", text=text, new=new))
            new += 1
        elif mark == "-":
            found.append(Row(kind="removed", text=text, old=old))
            old += 1
        elif mark == "\\":
            found.append(Row(kind="note", text=text.strip()))
        else:
            found.append(Row(kind="same", text=text, old=old, new=new))
            old, new = old + 1, new + 1
    return found


def line_number(text: str) -> int | None:
    """Return the line that a form or an address names, None for what is no number of a line."""
    return int(text) if re.fullmatch(r"[1-9]\d{0,8}", text, re.ASCII) else None
