"""The changes that stand in a comment: fenced blocks of `diff`, `patch` and `suggestion`.

Only what a reader sees as such a block is one: nothing in a quote, in a comment of HTML, in
another block, or in raw HTML, by the rules of CommonMark for these.

Below a line such as "If `test_zero` fails:" stands a patch that is made only if that test fails.
https://spec.commonmark.org/0.31.2/#fenced-code-blocks
https://spec.commonmark.org/0.31.2/#html-blocks
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

KINDS = {"diff": "patch", "patch": "patch", "suggestion": "suggestion"}
"""What the first word after a fence makes of its block."""

_IF_FAILS = re.compile(r"(?i)\s*(?:if|when|where) `(?P<test>[^`]+)` (?:fails|breaks)\b")
_OPENING = re.compile(r" {0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})[ \t]*(?P<word>[\w-]*)")
_TEXTUAL = r"(?:script|pre|style|textarea)"
_RAW = (
    (re.compile(r" {0,3}<!--"), re.compile(r"-->")),
    (re.compile(rf"(?i) {{0,3}}<{_TEXTUAL}\b"), re.compile(rf"(?i)</{_TEXTUAL}>")),
    (re.compile(r" {0,3}<[/?!A-Za-z]"), re.compile(r"^\s*$")),
)
"""How blocks of HTML begin and end; some more than in CommonMark, and none fewer."""


@dataclass(frozen=True, slots=True)
class Block:
    """One change that somebody wrote down.

    Attributes:
        text: it ends with a line end, unless it is empty.
        fails: the test that has to fail before a patch is made; empty for a change that is
            wanted anyway.
    """

    kind: Literal["patch", "suggestion"]
    text: str
    fails: str = ""


def blocks(markdown: str) -> tuple[Block, ...]:
    """Return the changes in a comment, in order."""
    return tuple(
        Block("patch", text, fails) if KINDS[word] == "patch" else Block("suggestion", text)
        for word, text, fails in _fenced(markdown.split("\n"))
        if word in KINDS
    )


def without_blocks(markdown: str) -> str:
    """Return what is left of a comment as one line of words: no code, no quotes."""
    lines = _outside(markdown.split("\n"))
    return " ".join(" ".join(line for line in lines if not line.lstrip().startswith(">")).split())


def _fenced(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield of each fenced block its kind, its text, and the test that has to fail for it."""
    above = ""
    for opening, inside in _walk(lines):
        if opening is None:
            above = inside[0] if inside[0].strip() else above
            continue
        indent = len(opening[0]) - len(opening[0].lstrip(" "))
        text = "".join(f"{_dedented(line, indent)}\n" for line in inside)
        fails = _IF_FAILS.match(above)
        above = ""
        yield opening["word"].lower(), text, fails["test"] if fails else ""


def _outside(lines: list[str]) -> Iterator[str]:
    return (line for opening, inside in _walk(lines) if opening is None for line in inside)


def _walk(lines: list[str]) -> Iterator[tuple[re.Match[str] | None, list[str]]]:
    """Yield each fenced block with its opening, and each other line without one."""
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if opening := _OPENING.match(line):
            end = next(
                (n for n in range(at, len(lines)) if _closes(lines[n], opening)), len(lines)
            )
            yield opening, lines[at:end]
            at = end + 1
        elif raw := next((ends for begins, ends in _RAW if begins.match(line)), None):
            while not raw.search(line) and at < len(lines):
                line = lines[at]
                at += 1
        else:
            yield None, [line]


def _closes(line: str, opening: re.Match[str]) -> bool:
    fence = opening["fence"]
    mark = line.strip()
    indent = len(line) - len(line.lstrip(" "))
    return len(mark) >= len(fence) and set(mark) == {fence[0]} and indent <= 3  # noqa: PLR2004 - CommonMark's own


def _dedented(line: str, indent: int) -> str:
    return line[min(indent, len(line) - len(line.lstrip(" "))) :]
