"""A plan in words: what would be done, so that a person can say yes to it.

The same moves make the same words, and other changes other words: a yes is to these alone.
Everything here is pure.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import assert_never

from bot.agents import tidied
from bot.agents.playbook.changes import Change, Patch
from bot.agents.playbook.moves import (
    Apply,
    Ask,
    Autofix,
    Check,
    Keep,
    Leave,
    Move,
    Propose,
)
from bot.agents.playbook.report import described

MOST_SHOWN = 10_000
"""Characters of changes that a plan shows, which may have twice as many in all."""

MOST_NAMED = 20
"""Changes that are named where they are too long to be shown."""


def proposed(todo: tuple[Move, ...]) -> tuple[Move, ...]:
    """Return the one move that says what would be done; what changes nothing needs no yes."""
    if isinstance(todo[0], Ask | Leave):
        return todo
    lines = [f"- {line}" for move in todo for line in _lines(move)]
    return (Propose("\n".join([*lines, "- Hand the changes in."])),)


def says(text: str, todo: tuple[Move, ...]) -> bool:
    """Say whether a plan is of these moves."""
    return any(isinstance(each, Propose) and each.text == text.strip() for each in proposed(todo))


def _lines(move: Move) -> Iterator[str]:
    match move:
        case Apply(changes):
            yield from _told(changes)
        case Autofix():
            yield "Format and lint, with the repository's own tools."
        case Check(anyway, mends):
            otherwise = "go on even" if anyway else "ask"
            yield f"Run the tests, and {otherwise} if one fails that passed before."
            yield from _told(mends)
        case Keep():
            yield "Go on with what I have made already."
        case Ask() | Leave() | Propose():
            pass
        case _:
            assert_never(move)


def _told(changes: Sequence[Change]) -> Iterator[str]:
    shown = [_shown(each) for each in changes]
    yield from shown if sum(map(len, shown)) <= MOST_SHOWN else _named(changes)


def _shown(change: Change) -> str:
    if not change.text:
        return f"Apply {_which(change)}, which takes these lines away."
    text = tidied.fenced(change.text.removesuffix("\n")).replace("\n", "\n  ")
    return f"Apply {_which(change)}:\n\n  {text}"


def _which(change: Change) -> str:
    fails = change.fails if isinstance(change, Patch) else ""
    return f"{described(change)}{f' if {tidied.code(fails)} fails' if fails else ''}"


def _named(changes: Sequence[Change]) -> Iterator[str]:
    """Name changes that are too long to be shown, and all of them by one digest."""
    yield from (f"Apply {_which(each)}." for each in changes[:MOST_NAMED])
    every = "\0".join(f"{_which(each)}\0{each.text}" for each in changes)
    digest = hashlib.sha256(every.encode("utf-8", "surrogatepass")).hexdigest()
    yield f"Apply nothing else: all changes, {len(changes)} in number, are `{digest}` together."
