"""Markdown that calls nobody, closes nothing and hides nothing, and fits where it must.

Agents may write what strangers told them to.  Whatever GitHub would act on is broken by
a character without width, so that it still reads as it was written.  Escapes and inline
code are no shelter: whether they hold depends on all of the text around them.  A fenced
block at the left margin is, as long as nothing before it puts that in doubt.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

BREAK = "\u200b"
"""A space without width: what stands on both sides of it is no longer one word."""

COMMENT = re.compile(r"<(?=!--)")
MENTION = re.compile(r"(?<![A-Za-z0-9])@(?=[A-Za-z0-9])")
ENTITY = re.compile(r"&(?=#|commat;|num;)")
"""Another way to write `@` and `#`, which GitHub reads after it was resolved."""

CLOSES = re.compile(
    r"(?<![A-Za-z0-9])"
    r"((?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)"
    r"(?:[\s:*_~`\"'(\[<\\]|&[A-Za-z]{1,30};|<[A-Za-z][^<>\n]{0,200}>){0,12}"
    r"(?:(?:[\w.-]+/[\w.-]+)?\\?#(?=\d)|GH\\?-(?=\d)|https?\\?:(?=\\?/)))",
    re.IGNORECASE,
)
"""Words that make GitHub close an issue when a pull request is merged.

https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
"""

OPENS = re.compile(r"(`{3,})[^`\n]*$|(~{3,})", re.MULTILINE)
DOUBT = re.compile(r"[\s>*+\-\d.)]+(?:```|~~~)|[\s>*+\-\d.)]*<[A-Za-z/!?]")
"""A fence inside something else, or a block of HTML, in which fences mean nothing."""

LINE = re.compile(r"[^\n]*\n|[^\n]+")

NOTE = "\n\n… cut here, it was too long."


def quiet(text: str) -> str:
    """Make an agent's Markdown harmless: it calls nobody, closes nothing, hides nothing.

    Comments are shown in code too, since our own marks are found by plain search.
    """
    shown = COMMENT.sub(f"<{BREAK}", text.replace("\r\n", "\n").replace("\r", "\n"))
    borders, fence = _fences(shown, doubting=True)
    parts = [shown[start:end] for start, end in pairwise([*borders, len(shown)])]
    parts[::2] = map(_harmless, parts[::2])
    return _closed("".join(parts), fence)


def inline(text: str) -> str:
    """Make one line of text harmless, inside whatever Markdown it will stand."""
    return _harmless(COMMENT.sub(f"<{BREAK}", " ".join(text.split())))


def cut(text: str, most: int) -> str:
    """Shorten Markdown at the border of a block, close its fence, and say so.

    The answer has at most `most` characters; `most` is to be a hundred or more.
    """
    if len(text) <= most:
        return text
    kept = text[: most - len(NOTE) - 8]
    border = kept.rfind("\n\n")
    kept = kept[:border] if border > len(kept) // 2 else kept
    borders, fence = _fences(kept, doubting=False)
    if len(fence) > 6:  # noqa: PLR2004 - a longer one finds no room
        kept, fence = kept[: borders[-1]], ""
    return _closed(kept, fence) + NOTE


def clip(text: str, most: int) -> str:
    """Shorten text of one line to `most` characters."""
    shown = " ".join(text.split())
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def _harmless(text: str) -> str:
    unnamed = ENTITY.sub(f"&{BREAK}", MENTION.sub(f"@{BREAK}", text))
    return CLOSES.sub(rf"\1{BREAK}", unnamed)


def _fences(text: str, *, doubting: bool) -> tuple[Sequence[int], str]:
    """Find where text and fenced code take turns, text first, and the fence left open."""
    borders, fence, sure = [0], "", True
    for line in LINE.finditer(text):
        if fence:
            if _ends(fence, line[0]):
                borders.append(line.end())
                fence = ""
        elif sure and (opening := OPENS.match(line[0])):
            borders.append(line.start())
            fence = opening[1] or opening[2]
        elif doubting and DOUBT.match(line[0]):
            sure = False
    return borders, fence


def _ends(fence: str, line: str) -> bool:
    mark = line.strip()
    indent = len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())
    return set(mark) == {fence[0]} and len(mark) >= len(fence) and indent < 4  # noqa: PLR2004 - CommonMark's own


def _closed(text: str, fence: str) -> str:
    return f"{text.removesuffix(chr(10))}\n{fence}" if fence else text
