"""What an agent says of its work, as one line for people.  Everything here is pure."""

import json
import re

from bot.rules.outputs import without_secrets

WIDEST = 200
"""Characters of a line, as the gateway takes it."""


_MESSAGE = re.compile(r'"message"\s*:\s*("(?:[^"\\]|\\.){1,2000}")')


def said(trouble: str) -> str:
    """Return what an API said was wrong, out of the answer that an agent passes on whole."""
    found = _MESSAGE.search(trouble)
    try:
        return str(json.loads(found[1])) if found else trouble
    except ValueError:
        return trouble


def one_line(text: str, most: int = WIDEST) -> str:
    """Return text that an agent wrote as one harmless line; empty when nothing is left."""
    known = text[: 8 * most].encode("utf-8", "replace").decode("utf-8")
    inert = "".join(each if each.isprintable() else " " for each in known)
    line = " ".join(without_secrets(inert).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
