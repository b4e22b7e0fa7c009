"""GitHub's limits of length.

Texts are cut at block borders where they are made; here an overlong one is refused
before it is sent, with the number.
"""

from bot.github.errors import TOO_LONG
from bot.model.errors import Refused

BODY = 65_536
"""Characters of a comment's or a pull request's body; GitHub answers 422 beyond."""

OUTPUT = 65_535
"""Characters of a check run's summary.

https://docs.github.com/en/rest/checks/runs#create-a-check-run
"""

BUTTONS = 3
"""Buttons of a check run, which are shown once it is completed."""

LABEL, DESCRIPTION, IDENTIFIER = 20, 40, 20
"""Characters of a button's texts."""

ANNOTATIONS = 50
"""Annotations in one request; those of further requests are added to them."""

MESSAGE = 64 * 1024
"""Bytes of an annotation's message."""

TITLE = 255
"""Characters of an annotation's title.

All of these are under https://docs.github.com/en/rest/checks/runs#create-a-check-run
"""


def within(most: int, what: str, text: str) -> None:
    """Raise Refused `too_long` when `text` has more than `most` characters."""
    if len(text) > most:
        raise Refused(TOO_LONG, f"{what} has {len(text)} characters, GitHub takes {most}")


def cut(most: int, text: str) -> str:
    """Return as much of a text as fits into `most` bytes of UTF-8."""
    return text.encode()[:most].decode(errors="ignore")
