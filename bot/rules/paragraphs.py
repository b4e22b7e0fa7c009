"""Where in a comment a reader sees a line of plain text begin.

Markdown is read as CommonMark reads it.  Blocks come first and are cheap; what is inside
a line is looked at only where it decides: in a paragraph that opens code, HTML or a link
above the line in question.
"""

import re
from collections.abc import Collection, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from textwrap import dedent
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

OPENS = re.compile(r"[`<\[]")
"""What may begin something in a paragraph that hides the start of a later line."""

INLINE = ["autolink", "backticks", "escape", "html_inline", "image", "link", "newline", "text"]
"""The rules that tell text from code, HTML and links; emphasis hides nothing."""

# A comment without an end takes all the rest: a thousand of them cost no more than one.
TAG = re.compile(
    r"<!--(?:.*?-->|.*)|(</?)(?:blockquote|details|div|pre|table)(?=[\s/>])",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
"""HTML around paragraphs: what stands in it is quoted, folded or laid out."""

DEEPER = {"<": 1, "</": -1, "": 0}
"""What each find of `TAG` does to the depth; a comment does nothing."""

BELOW = frozenset(
    {
        "paragraph_open",
        "bullet_list_open",
        "ordered_list_open",
        "blockquote_open",
        "fence",
        "code_block",
    }
)
"""The blocks that belong to a paragraph above them; a heading, a rule or HTML begins anew."""

RULE = frozenset("|-: \t")
"""The characters of the row that makes lines a table, as in `--|--`.

https://github.github.com/gfm/#tables-extension-
"""

MARK = "\ue000"
"""A character that nobody types; it is replaced where somebody did."""

MARKED = re.compile(f"{MARK}([0-9]+){MARK}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A comment: its lines, and what links in it may refer to."""

    lines: Sequence[str]
    references: MutableMapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Lines of text as their author wrote them, without the indent of a list around them.

    Attributes:
        first: the number of its first line in the comment, from 0.
        lines: its lines.
        below: the lines of the comment that are the block right below it, in the same list
            item if it is in one.
        page: the comment that it stands in.
    """

    first: int
    lines: Sequence[str]
    below: range
    page: Page

    def said_below(self) -> Sequence[str]:
        """Return the text of the block below, without the indent of a list around it."""
        lines = self.page.lines[self.below.start : self.below.stop]
        return dedent("\n".join(lines)).split("\n") if lines else []


def paragraphs(text: str) -> Iterator[Paragraph]:
    """Yield the paragraphs that are their author's own plain words.

    Those in quotes, tables and HTML are not, nor are code and headings that begin with `#`.
    A paragraph that a line of dashes below it turned into a heading is.
    """
    page = Page(lines=_lines(text))
    tokens = _markdown().parse("\n".join(page.lines), page.references)
    quotes = enclosed = 0
    for number, token in enumerate(tokens):
        match token.type:
            case "blockquote_open" | "blockquote_close":
                quotes += token.nesting
            case "html_block" if not quotes:
                enclosed = _enclosed(token.content, enclosed)
            case "inline" if not quotes and not enclosed and _plain(tokens[number - 1]):
                yield _paragraph(tokens, number, page)


def seen(paragraph: Paragraph, wanted: Collection[int]) -> frozenset[int]:
    """Return those of the `wanted` lines (from 0) of a paragraph whose start is plain text."""
    openings = (number for number, line in enumerate(paragraph.lines) if OPENS.search(line))
    sure = next(openings, len(paragraph.lines))
    if all(number <= sure for number in wanted):
        return frozenset(wanted)
    lines = [line.replace(MARK, "\ufffd") for line in paragraph.lines]
    for number in wanted:
        lines[number] = f"{MARK}{number}{MARK}{lines[number].lstrip(' ')}"
    markdown = _markdown()
    tokens = markdown.inline.parse("\n".join(lines), markdown, dict(paragraph.page.references), [])
    shown = "\n".join(token.content for token in tokens if token.type == "text")
    return frozenset(map(int, MARKED.findall(shown)))


def _lines(text: str) -> list[str]:
    """Split into lines as CommonMark does, which knows fewer ends of lines than Python."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd").split("\n")


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark")
    markdown.core.ruler.enableOnly(["block"])
    markdown.inline.ruler.enableOnly(INLINE)
    markdown.inline.ruler2.enableOnly([])
    markdown.parse("x")  # it sorts its rules at the first use, which must not be in two threads
    markdown.inline.parse("x", markdown, {}, [])
    return markdown


def _plain(opening: Token) -> bool:
    return opening.type == "paragraph_open" or (
        opening.type == "heading_open" and opening.markup in {"-", "="}
    )


def _enclosed(html: str, depth: int) -> int:
    """Return how many elements are open after a block of HTML, when `depth` were before it."""
    for bracket in TAG.findall(html):
        depth = max(depth + DEEPER[bracket], 0)
    return depth


def _paragraph(tokens: Sequence[Token], number: int, page: Page) -> Paragraph:
    inline, following = tokens[number], tokens[number + 2 : number + 3]
    first, end = inline.map or (0, 0)
    lines = inline.content.split("\n")
    below = range(0)
    if "|" in inline.content and (head := _head_of_a_table(lines)) is not None:
        lines, below = lines[:head], range(first + head, end)
    elif following and following[0].type in BELOW and following[0].map:
        below = range(*following[0].map)
    return Paragraph(first=first, lines=lines, below=below, page=page)


def _head_of_a_table(lines: Sequence[str]) -> int | None:
    """Find the line that is a table's head: the one above a row of dashes and bars."""
    rules = (number for number, line in enumerate(lines) if {"|", "-"} <= set(line) <= RULE)
    return next((number - 1 for number in rules if number), None)
