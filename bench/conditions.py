"""How long the dearest conditions take that `when` may hold, over the largest of events.

The interpreter of CEL has no bound of its own, so the language is made smaller until the
worst that is left is cheap.
"""

import time
from collections.abc import Iterator
from dataclasses import replace

from bench.table import Row, bounded
from bot.rules.conditions import EXAMPLE, MOST_CHARACTERS, MOST_PATHS, answer, trouble

ROUNDS = 9
MOST = 50.0
"""Milliseconds for which nobody who waits for an answer would notice a pause."""

LARGE = replace(
    EXAMPLE,
    title="é" * 300,
    labels=["l" * 300] * 150,
    paths=[f"{number:03}" + "p" * 300 for number in range(MOST_PATHS)],
)


def rows() -> Iterator[Row]:
    for name, condition in dearest().items():
        if problem := trouble(condition):
            raise AssertionError(f"{name} is no condition: {problem.words}")
        yield bounded(name, "ms", [_took(condition) for _ in range(ROUNDS)], at_most=MOST)


def dearest() -> dict[str, str]:
    """Return conditions as long as they may be, each of another kind of expensive."""
    return {
        "a path among texts": _filled("subject.paths.exists(p, ", "p.contains('ab')", ")", "||"),
        "all paths measured": _filled("subject.paths.all(p, ", "size(p)>0", ")", "&&"),
        "paths in lists": _filled("subject.paths.exists(p, ", "[p] in [[p]]&&false", ")", "||"),
        "subjects compared": _filled("", "subject==subject", "", "&&"),
        "four walks of all paths": " && ".join(
            ["subject.paths.all(p, p.contains('') && p.size() > 0 && p != '')"] * 4
        ),
    }


def _filled(before: str, unit: str, after: str, joint: str) -> str:
    count = (MOST_CHARACTERS - len(before) - len(after) - len(unit)) // len(unit + joint)
    return before + joint.join([unit] * (count + 1)) + after


def _took(condition: str) -> float:
    began = time.process_time()
    answer(condition, LARGE)
    return (time.process_time() - began) * 1000
