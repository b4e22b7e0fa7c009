"""What is wrong in a configuration, said so that it can be put right."""

from dataclasses import dataclass

from bot.rules.markdown import clip

MOST_MISTAKES = 50
"""Mistakes that are told at once."""

MOST_SHOWN = 60
"""Characters of a file that a mistake repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """Something wrong in a file.

    Attributes:
        line: counted from 1.
        words: what is wrong, as one sentence.
        remedy: what to do about it, with the nearest valid name if there is one.
    """

    path: str
    line: int
    words: str
    remedy: str


def shown(text: str) -> str:
    """Quote a piece of a file in one line, as code."""
    return f"`{clip(text, MOST_SHOWN).replace('`', chr(39))}`"
