"""Whether it is the same failure again: a mark that times, places and numbers do not change.

Two runs of one broken test differ in what they measured and where they ran.  What stays is
which tests fail and what their errors say in words; codes such as `E0308` are words.
"""

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256

from bot.rules.digest import Digest

LENGTH = 16
"""Hexadecimal digits of a mark."""

FORMS: Sequence[tuple[str, re.Pattern[str]]] = (
    ("URL", re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s'\"<>)]+")),
    ("UUID", re.compile(r"(?i)\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")),
    ("ADDRESS", re.compile(r"(?i)\b0x[0-9a-f]+\b")),
    ("HASH", re.compile(r"(?i)\b(?=[a-z]*\d)(?=\d*[a-f])[0-9a-f]{7,64}\b")),
    (
        "TIME",
        re.compile(
            r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
        ),
    ),
    ("TIME", re.compile(r"\b\d{1,2}:\d\d:\d\d(?:[.,]\d+)?\b")),
    (
        "",
        re.compile(
            r"(?:(?<=^)|(?<=[\s'\"(\[=,<]))(?:[A-Za-z]:)?[\w.@+~-]*[/\\](?:[\w.@+~-]+[/\\])*"
        ),
    ),
    (
        "N",
        re.compile(
            r"(?i)(?<!\w)[-+]?\d+(?:[.,]\d+)*"
            r"(?:\s?(?:ns|us|µs|ms|s|sec|seconds?|m|min|minutes?|h|[kmg]i?b|b|bytes|%))?(?!\w)"
        ),
    ),
)
"""What changes from run to run, and the word that takes its place; of a path the name stays."""


def fingerprint(digest: Digest) -> str:
    """Return the mark of a failure, sixteen hexadecimal digits.

    Of two failures of which nothing is known nobody can say that they are the same.
    """
    if not digest.tests and not digest.errors:
        return _mark([digest.name, digest.word, str(digest.id), digest.url])
    tests = sorted({_plain(test, FORMS[:4]) for test in digest.tests})
    errors = sorted({_plain(error, FORMS) for error in digest.errors})
    return _mark([digest.name, digest.word, *tests, "", *errors])


def together(marks: Iterable[str]) -> str:
    """Return one mark of all failures on a commit, in whatever order they came."""
    return _mark(sorted(set(marks)))


def _plain(text: str, forms: Sequence[tuple[str, re.Pattern[str]]]) -> str:
    for word, pattern in forms:
        text = pattern.sub(word, text)
    return " ".join(text.split())


def _mark(parts: Iterable[str]) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()[:LENGTH]
