"""The validations of a run in words: which were asked for, what came of them, and what holds now.

Names of validations are ours.  Names of tests and sentences about them are what the tree made
of them, so they come inert, in cells.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.model.runs import Conclusion
from bot.model.validations import Outcome, State, Verdict
from bot.rules.cinow import Excerpt
from bot.rules.cireport import folded, lasted
from bot.rules.markdown import clip, inline
from bot.rules.wording import plain

MOST_ROWS = 20
"""Validations that are listed and drawn, the last ones."""

MOST_TESTS = 5
"""Failing tests of one validation that are named."""

MOST_NAME = 120
"""Characters of a test's name."""

MOST_WORDS = 300
"""Characters of what else is said of a validation."""

WIDTH = 40
"""Characters of the picture."""

DIGEST = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")
SHORTER = r"\1"
"""A digest, and as much of it as a table shows: a whole one would be wider than all the rest."""

SHORT = 9.95
"""Seconds below which times are told by tenths."""

OUTCOMES: Mapping[Outcome, str] = {
    "passed": "✅ passed",
    "failed": "❌ failed",
    "timeout": "⏱️ ran out of time",
    "broken": "⚪ no verdict",
}

UNDER_WAY: Mapping[State, str] = {
    "queued": "🟡 waiting for a runner",
    "running": "🟡 running",
    "dropped": "🚫 not run",
}
"""What stands in the place of a verdict that is not there."""

CONCLUSIONS: Mapping[Outcome, Conclusion] = {
    "passed": Conclusion.SUCCESS,
    "failed": Conclusion.FAILURE,
    "timeout": Conclusion.TIMED_OUT,
    "broken": Conclusion.CANCELLED,
}
"""What a check run says that people may require: GitHub takes `neutral` for a yes.

https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/about-status-checks
"""

BEFORE, SAME_INPUTS = ", known from before", ", known of the same inputs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A validation that was asked for.

    Attributes:
        tree: Git's name of what it was asked about.
        at: Unix seconds at which it was asked for.
        until: when the answer was there; None before.
        cached: whether the same question had been answered before.
        inputs: whether that is about some files of the tree alone, which decide it.
        again: how often the run has asked the same once more, and was answered at once.
        notes: sentences of ours about what stood beside it.
    """

    name: str
    state: State
    tree: str
    at: float
    until: float | None = None
    verdict: Verdict | None = None
    cached: bool = False
    inputs: bool = False
    again: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """What a run has asked for, and what that is held against.

    Attributes:
        asked: in the order of asking.
        offered: names of all that may be asked for.
        tree: that of the run's head on GitHub; None before it has one.
    """

    asked: Sequence[Asked] = ()
    offered: Sequence[str] = ()
    tree: str | None = None


def section(loop: Loop) -> str:
    """Write what people are shown of a run's validations; empty where there are none.

    That a head was not validated, although it could have been, is said too.
    """
    if not loop.asked:
        return holds(loop) if loop.offered else ""
    rows = loop.asked[-MOST_ROWS:]
    left = len(loop.asked) - len(rows)
    lines = [f"**Validations**: {feedback(loop.asked)}", ""]
    lines += ["| validation | | took | details |", "|---|---|---:|---|"]
    lines += [f"| and {left} before | | | |"] if left else []
    lines += [*map(_row, rows), *_notes(rows), "", *_fold(rows)]
    lines += ["", told] if (told := holds(loop)) else []
    return "\n".join(lines)


def feedback(asked: Sequence[Asked]) -> str:
    """Say how often a run asked, how often the answer was known, and how long it waited."""
    again = sum(each.again for each in asked)
    cached = again + sum(each.cached for each in asked)
    known = f", {cached:,} known from before" if cached else ""
    waited = _took(_waited(asked))
    return f"{len(asked) + again:,} asked for{known}, {waited} spent waiting"


def holds(loop: Loop) -> str:
    """Say which verdicts are about the very tree of the head, and which are missing."""
    if loop.tree is None:
        return ""
    last = {each.name: each for each in loop.asked if each.tree == loop.tree and each.verdict}
    missing = [f"`{name}`" for name in loop.offered if name not in last]
    words = "; ".join(f"`{name}` {_verdict(each)}" for name, each in last.items())
    lacks = f" Not run for it: {', '.join(missing)}." if missing else ""
    tree = f"the tree of this head, `{loop.tree[:12]}`"
    if not last:
        return f"No validation was run for exactly {tree}."
    return f"For exactly {tree}, run away from the agent: {words}.{lacks}"


def otherwise(changed: Sequence[str]) -> str:
    """Say that a pull request's head has names stand for something else, and what counts."""
    if not changed:
        return ""
    names = ", ".join(f"`{name}`" for name in changed)
    return f"This head defines {names} otherwise. What the default branch says is run."


def title(asked: Asked) -> str:
    """Say in one line, without Markdown, how a validation stands."""
    took = f" in {_took(asked.verdict.seconds)}" if asked.verdict else ""
    return f"{_verdict(asked)}{took}"


def page(asked: Asked) -> str:
    """Write what a check run shows of one validation: also what it printed, unless it passed."""
    verdict = asked.verdict
    if verdict is None or verdict.outcome == "passed" or not verdict.excerpt:
        return summary(asked)
    return "\n".join([summary(asked), *folded(Excerpt(name=asked.name, text=verdict.excerpt))])


def summary(asked: Asked) -> str:
    """Write what the reply to whoever asked for a validation says of it."""
    failing = _failing(asked.verdict) if asked.verdict else ""
    told = (f"`{asked.name}`: {title(asked)}.", failing, *asked.notes)
    return "\n\n".join(filter(None, told))


def picture(asked: Sequence[Asked]) -> Sequence[str]:
    """Draw when validations ran, a line for each, on one scale; for a block of code."""
    begin = min(each.at for each in asked)
    end = max(each.until or each.at for each in asked)
    wide = max(len(each.name) for each in asked)
    scale = WIDTH / max(end - begin, 1.0)
    return [_bar(each, wide, (each.at - begin) * scale, scale) for each in asked]


def _bar(asked: Asked, wide: int, left: float, scale: float) -> str:
    first = min(round(left), WIDTH - 1)
    seconds = None if asked.until is None else asked.until - asked.at
    long = WIDTH - first if seconds is None else max(round(seconds * scale), 1)
    bar = f"{'·' * first}{'█' * min(long, WIDTH - first)}".ljust(WIDTH, "·")
    took = "…" if seconds is None else _took(seconds)
    came = f", {_word(asked.verdict.outcome)}" if asked.verdict else ""
    return f"{asked.name:{wide}} {bar} {took}{came}"


def _notes(asked: Sequence[Asked]) -> Iterator[str]:
    """Yield each note once, with a line before it."""
    for note in dict.fromkeys(note for each in asked for note in each.notes):
        yield from ("", note)


def _fold(asked: Sequence[Asked]) -> Iterator[str]:
    yield "<details><summary>When each was asked for, and how long its answer took</summary>"
    yield from ("", "```text", *picture(asked), "```", "", "</details>")


def _row(asked: Asked) -> str:
    took = _took(asked.verdict.seconds) if asked.verdict else ""
    details = _failing(asked.verdict) if asked.verdict else ""
    return f"| `{asked.name}` | {_verdict(asked)} | {took} | {DIGEST.sub(SHORTER, details)} |"


def _verdict(asked: Asked) -> str:
    if asked.verdict is None:
        return UNDER_WAY.get(asked.state, OUTCOMES["broken"])
    tests = asked.verdict.tests
    ran = "" if tests is None else ", 1 test ran" if tests == 1 else f", {tests:,} tests ran"
    known = SAME_INPUTS if asked.inputs else BEFORE
    return f"{OUTCOMES[asked.verdict.outcome]}{ran}{known if asked.cached else ''}"


def _took(seconds: float) -> str:
    """Tell short times by tenths: most validations take no longer."""
    return f"{seconds:.1f} s" if seconds < SHORT else lasted(seconds)


def _word(outcome: Outcome) -> str:
    """Return an outcome without its picture, which has no one width."""
    return OUTCOMES[outcome].partition(" ")[2]


def _failing(verdict: Verdict) -> str:
    """Name the tests that failed, and say what else there is to say."""
    names = [f"`{_code(name)}`" for name in verdict.failing[:MOST_TESTS]]
    more = len(verdict.failing) - len(names)
    tests = ", ".join([*names, *([f"{more} more"] if more else [])])
    return ". ".join(filter(None, (tests, plain(clip(verdict.words, MOST_WORDS)))))


def _code(text: str) -> str:
    """Make a line of others' text fit for code in a cell of a table."""
    return inline(clip(text.translate({ord("`"): "'", ord("|"): "/"}), MOST_NAME))


def _waited(asked: Sequence[Asked]) -> float:
    """Return the seconds in which at least one answer was waited for."""
    seconds, reached = 0.0, 0.0
    for each in sorted(asked, key=lambda one: one.at):
        if each.until is not None:
            seconds += max(each.until - max(each.at, reached), 0.0)
            reached = max(reached, each.until)
    return seconds
