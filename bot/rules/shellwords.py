"""The words of a command's line, told apart as a shell does it."""

import shlex
from collections.abc import Sequence

LONGEST = 1_000
"""Characters of a line that are read as words; a longer one is prose."""

TYPED = str.maketrans({"“": '"', "”": '"', "„": '"', "\u00a0": " "})
"""What phones and word processors make of quotes and spaces."""

DASHES = ("\u2014", "\u2013")
"""What they make of the two hyphens before an option."""


def words(line: str) -> tuple[Sequence[str], str]:
    """Return the words of a line, and why they cannot be read, which is empty when they can.

    Words that cannot be read are given as they stand between the spaces.  Backticks around
    a word are its dress.
    """
    if len(line) > LONGEST:
        return line[:LONGEST].split(), f"It is longer than {LONGEST:,} characters."
    try:
        return [_bare(word) for word in shlex.split(line.translate(TYPED))], ""
    except ValueError as problem:
        return line.split(), _REASONS[str(problem)]


_REASONS = {
    "No closing quotation": "A quote is opened and not closed.",
    "No escaped character": "It ends with a backslash that stands for nothing.",
}


def _bare(word: str) -> str:
    for dash in DASHES:
        if word.startswith(dash) and word != dash:
            word = "--" + word.removeprefix(dash)
    return word.strip("`") or word
