"""What a repository tells the agents that work in it, in a file at its top.

It is read from the default branch alone: what a pull request says there, its agent is not told.
"""

from collections.abc import Iterator
from dataclasses import dataclass

NAMES = ("AGENTS.md", "CLAUDE.md")
"""The files that are read; of two, the first.  https://agents.md"""

MOST = 32 * 1024
"""Bytes that an agent is told of it."""

TOLD = """\
What the people of this repository tell everybody who works in it, from `{path}` on its default
branch. Where the instruction says something else, the instruction counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """Such a file.

    Attributes:
        data: its beginning.
        size: bytes of all of it.
    """

    path: str
    data: bytes
    size: int


def section(guidance: Guidance) -> Iterator[str]:
    """Yield the lines by which an agent is told of it."""
    data = guidance.data[:MOST]
    text = data.decode(errors="ignore").strip()
    yield from ("# Guidance", "", TOLD.format(path=guidance.path), "")
    if text:
        yield from ("<guidance>", text, "</guidance>", "")
    if left := guidance.size - len(data):
        yield from (f"Its other {left:,} bytes are not shown.", "")
