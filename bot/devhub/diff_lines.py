"""Where a line of a file stands in its patch, since comments may be put on the diff only."""

import re
from dataclasses import dataclass

from bot.devhub.records import Side

_HEADER = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A line of a patch.

    Attributes:
        hunk: the patch from the hunk's header down to the line.
        position: lines from the first header of the patch, which is 0.
    """

    hunk: str
    position: int


def spot(patch: str, line: int, side: Side) -> Spot | None:
    """Return where a line is, or None when the diff does not show it.

    Args:
        patch: hunks as `git diff` writes them, without the lines about the file.
        line: counted in the file, from 1.
        side: LEFT counts in the file from before and finds deleted lines, RIGHT in the new one.
    """
    old = new = start = 0
    lines = patch.splitlines()
    for position, text in enumerate(lines):
        if header := _HEADER.match(text):
            old, new, start = int(header[1]), int(header[2]), position
            continue
        here, unseen = (old, "+") if side == "LEFT" else (new, "-")
        if here == line and not text.startswith((unseen, "\\")):
            return Spot(hunk="\n".join(lines[start : position + 1]), position=position)
        old += not text.startswith(("+", "\\"))
        new += not text.startswith(("-", "\\"))
    return None
