"""Text from outside with nothing in it that only a program would see.

People read what GitHub shows; an agent reads every character.  What GitHub hides from
people is therefore taken out or put in words: comments of HTML, and characters that
have no shape.  The few that shape their neighbours stay where writing needs them.
"""

import re
import unicodedata
from bisect import bisect_right

from markdown_it import MarkdownIt

LEFT_OUT = "[hidden comment left out]"
"""What stands in the place of a comment of HTML."""

_OPENS, _CLOSES = "<!--", "-->"
_JOINERS = "\u200c\u200d"
_SELECTORS = "\ufe0e\ufe0f"

# Letters, marks and reserved numbers that have no shape although they are no format characters.
# https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
_SHAPELESS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
_WRITING = {"Lo", "Mn", "Mc"}
_PICTURES = {"So", "Sk"}
_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def visible(text: str) -> str:
    """Return Markdown as a person sees it, so that an agent reads no more than people do.

    Comments of HTML stay in code blocks, where GitHub shows them.  A character without a
    shape becomes its number, such as `⟨U+200B⟩`.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return shown(_without_comments(lines) if _OPENS in lines else lines)


def shown(text: str) -> str:
    """Return text in which every character without a shape is put as its number."""
    if text.isascii() and text.isprintable():
        return text
    last = len(text) - 1
    return "".join(
        _mark(letter)
        if _is_hidden(letter)
        and not _shapes(letter, text[at - 1 : at], text[at + 1 : at + 2] if at < last else "")
        else letter
        for at, letter in enumerate(text)
    )


def _is_hidden(letter: str) -> bool:
    if letter in "\n\t":
        return False
    return unicodedata.category(letter) in _HIDDEN or _SHAPELESS.match(letter) is not None


def _shapes(letter: str, before: str, after: str) -> bool:
    """Tell whether a joiner or selector has neighbours on which it works: one, not a row."""
    left = unicodedata.category(before) if before else ""
    right = unicodedata.category(after) if after else ""
    if letter in _SELECTORS:
        return left == "So" or before in set("0123456789#*©®‼⁉™")
    if letter in _JOINERS:
        pictures = (left in _PICTURES or before == "\ufe0f") and right == "So"
        return pictures or (left in _WRITING and right in _WRITING)
    return False


def _mark(letter: str) -> str:
    return f"⟨U+{ord(letter):04X}⟩"


def _without_comments(text: str) -> str:
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    code, kept, at = _code_lines(text), [], 0
    while (opens := text.find(_OPENS, at)) >= 0:
        if bisect_right(starts, opens) - 1 in code:
            # Another may begin behind its mark.
            kept.append(text[at : opens + len(_OPENS)])
            at = opens + len(_OPENS)
        else:
            kept += [text[at:opens], LEFT_OUT]
            closes = text.find(_CLOSES, opens)
            at = closes + len(_CLOSES) if closes >= 0 else len(text)
    return "".join([*kept, text[at:]])


def _code_lines(text: str) -> frozenset[int]:
    """Return the lines, from 0, that GitHub shows as code."""
    tokens = MarkdownIt("commonmark").parse(text)
    blocks = [token.map for token in tokens if token.type in {"fence", "code_block"} and token.map]
    return frozenset(line for first, end in blocks for line in range(first, end))
