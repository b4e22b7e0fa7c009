"""GitHub's Markdown as HTML: tables, task lists, mentions, and only harmless HTML."""

import re
from collections.abc import Iterator
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup

from bot.devhub.pages.mentions import MENTION, Mentions
from bot.devhub.pages.sanitizing import sanitized

_TASK = re.compile(r"\[([ xX])\] ")
_ANCHOR = re.compile(r"</?a\b", re.IGNORECASE)


def comment(text: str | None, known: Mentions) -> Markup:
    """Return a comment, where GitHub keeps the breaks of lines."""
    return _html(_parser(breaks=True), text, known)


def document(text: str, known: Mentions) -> Markup:
    """Return a file, where a single break is a space."""
    return _html(_parser(breaks=False), text, known)


def _html(parser: MarkdownIt, text: str | None, known: Mentions) -> Markup:
    html = parser.render(text or "", {"known": known})
    # What this gives is the one HTML from others that enters a page.
    return Markup(sanitized(html, known.address))  # noqa: S704 - sanitized


@cache
def _parser(*, breaks: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "breaks": breaks})
    parser.enable(["table", "strikethrough"])
    parser.core.ruler.push("mentions", _link_mentions)
    parser.core.ruler.push("tasks", _tick_tasks)
    return parser


def _link_mentions(state: StateCore) -> None:
    known = state.env["known"]
    for token in state.tokens:
        if token.type == "inline" and token.children:
            token.children = list(_linked(token.children, known))


def _linked(tokens: list[Token], known: Mentions) -> Iterator[Token]:
    depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "html_inline" and _ANCHOR.match(token.content):
            depth += -1 if token.content.startswith("</") else 1
        if token.type == "text" and depth <= 0:
            yield from _split(token.content, known)
        else:
            yield token


def _split(text: str, known: Mentions) -> Iterator[Token]:
    done = 0
    for found in MENTION.finditer(text):
        if (target := known.target(found)) is None:
            continue
        yield _text(text[done : found.start()])
        yield Token("link_open", "a", 1, attrs={"href": target})
        yield _text(found[0][:7] if found.lastgroup == "sha" else found[0])
        yield Token("link_close", "a", -1)
        done = found.end()
    yield _text(text[done:])


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _tick_tasks(state: StateCore) -> None:
    """Show `[x]` at the start of a list's item as a box."""
    for before, token in zip(state.tokens[1:], state.tokens[2:], strict=False):
        opens = before.type == "paragraph_open" and token.type == "inline"
        item = state.tokens[state.tokens.index(before) - 1].type == "list_item_open"
        first = token.children[0] if token.children else None
        if opens and item and first is not None and (box := _TASK.match(first.content)):
            first.content = ("☐ " if box[1] == " " else "☑ ") + first.content[box.end() :]
