"""What matters of a failed check: its first error, its summary and its end, within bounds.

All of it is others' text: whoever writes code writes logs.  It is made fit to be read, and
whoever hands it to an agent marks it as untrusted.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice

from bot.rules.logs import Log, lines
from bot.rules.markdown import clip
from bot.rules.tooltalk import ANYTHING, OUTSIDE, TOOLS, Tool

MOST_EXCERPT = 4_000
"""Characters of the excerpt of one failure."""

MOST_TESTS = 50
"""Failing tests that are named."""

MOST_TEST = 200
"""Characters of a test's name."""

MOST_ERRORS = 50
"""Lines by which a failure is known again."""

MOST_ANNOTATIONS = 20
"""Annotations that an excerpt quotes."""

BEFORE = 2
"""Lines before the first error that are shown with it."""

GAP, MOST_GAPS = "…", 3
"""What stands for lines that are left out, and how often at most."""

NOISE = "Process completed with exit code "
"""What Actions says of every step that failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """An annotation of a check run; its level is `notice`, `warning` or `failure`."""

    path: str
    line: int
    level: str
    message: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A check that failed, with what could be had of its story.

    Attributes:
        word: GitHub's word for how it ended.
        id: of the check run; None for what is none.
        said: title and summary of its output.
        note: why there is no log, in words; empty when there is one, or never was.
    """

    name: str
    word: str
    url: str = ""
    id: int | None = None
    said: str = ""
    remarks: tuple[Remark, ...] = ()
    log: Log | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What matters of a failure; all of it is others' text.

    Attributes:
        name: of the check, as are `word`, `url` and `note` the failure's.
        excerpt: plain text of several lines; empty when nothing is known.
        tests: names of the tests that failed, where they can be read.
        errors: lines that say what is wrong.
        outside: whether machine or network failed, and nothing that looks like code did.
    """

    name: str
    word: str
    url: str
    excerpt: str
    id: int | None = None
    tests: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    outside: bool = False
    note: str = ""


def digest(failure: Failure, *, most: int = MOST_EXCERPT) -> Digest:
    """Return what matters of a failure, its excerpt in at most `most` characters."""
    found = lines(failure.log) if failure.log else []
    text = "\n".join(found)
    tools = [tool for tool in TOOLS if tool.begins.search(text)]
    remarks = list(_remarks(failure.remarks))
    said = [] if remarks or found else _plain(failure.said)
    quoted = _fit([*remarks, *said], most // 3 if found else most)
    excerpt = [*quoted, *([""] if quoted and found else [])]
    room = most - sum(len(line) + 1 for line in excerpt)
    excerpt += _excerpt(found, text, tools or [ANYTHING], room)
    tests = _tests(text, tools)
    errors = _errors(text, tools or [ANYTHING]) or [*remarks, *said, *found[-3:]]
    return Digest(
        name=failure.name,
        word=failure.word,
        url=failure.url,
        id=failure.id,
        excerpt="\n".join(excerpt)[:most].strip("\n"),
        tests=tests,
        errors=tuple(errors[:MOST_ERRORS]),
        outside=not tools and not remarks and OUTSIDE.search(text) is not None,
        note=failure.note,
    )


def _remarks(remarks: Iterable[Remark]) -> Iterator[str]:
    """Yield annotations as compilers write errors, the ones of failures alone if there are any."""
    told = [one for one in remarks if not one.message.startswith(NOISE)]
    failures = [one for one in told if one.level == "failure"]
    for one in islice(failures or told, MOST_ANNOTATIONS):
        title = f"{one.title}: " if one.title else ""
        yield from _plain(f"{one.path}:{one.line}: {title}{one.message}")


def _plain(text: str) -> list[str]:
    return lines(Log(head=text)) if text else []


def _excerpt(found: Sequence[str], text: str, tools: Iterable[Tool], room: int) -> list[str]:
    """Choose lines: of the end a fifth, of the summary a third, of the first error the rest."""
    starts = list(accumulate((len(line) + 1 for line in found), initial=0))
    chosen: set[int] = set()
    error, summary = _first(text, tools), _last(text, tools)
    _choose(found, reversed(range(len(found))), chosen, room if error is None else room // 5)
    if summary is not None:
        _choose(found, range(bisect_right(starts, summary) - 1, len(found)), chosen, room // 3)
    if error is not None:
        first = max(bisect_right(starts, error) - 1 - BEFORE, 0)
        left = room - sum(len(found[at]) + 1 for at in chosen) - MOST_GAPS * (len(GAP) + 1)
        _choose(found, range(first, len(found)), chosen, left)
    return list(_joined(found, sorted(chosen)))


def _choose(found: Sequence[str], order: Iterable[int], chosen: set[int], room: int) -> None:
    """Add lines in an order until there is no room for the next."""
    for at in order:
        if at not in chosen:
            room -= len(found[at]) + 1
            if room < 0:
                return
            chosen.add(at)


def _joined(found: Sequence[str], chosen: Sequence[int]) -> Iterator[str]:
    expected = 0
    for at in chosen:
        if at != expected:
            yield GAP
        yield found[at]
        expected = at + 1


def _first(text: str, tools: Iterable[Tool]) -> int | None:
    hits = [hit.start() for tool in tools if (hit := tool.begins.search(text))]
    return min(hits, default=None)


def _last(text: str, tools: Iterable[Tool]) -> int | None:
    patterns = [tool.sums_up for tool in tools if tool.sums_up]
    hits = [hit.start() for pattern in patterns for hit in pattern.finditer(text)]
    return max(hits, default=None)


def _tests(text: str, tools: Iterable[Tool]) -> tuple[str, ...]:
    patterns = [tool.tests for tool in tools if tool.tests]
    names = (clip(hit["test"], MOST_TEST) for each in patterns for hit in each.finditer(text))
    return tuple(islice(dict.fromkeys(names), MOST_TESTS))


def _errors(text: str, tools: Iterable[Tool]) -> list[str]:
    hits = (hit[0].strip() for tool in tools for hit in tool.essence.finditer(text))
    return list(islice(dict.fromkeys(hits), MOST_ERRORS))


def _fit(wanted: Sequence[str], room: int) -> list[str]:
    chosen: set[int] = set()
    _choose(wanted, range(len(wanted)), chosen, room)
    return [wanted[at] for at in sorted(chosen)]
