"""What the playbook says of its work: titles, bodies, reasons and questions.

Pure text, from what was done and what came of it; nothing is said better than it is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from bot.agents import tidied
from bot.agents.playbook.changes import Change, Patch, whose
from bot.agents.playbook.moves import ANYWAY, GO_ON, LEAVE

KEPT = "Put the changes onto what was pushed meanwhile"

_MOST_LINES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run of the tests.

    Attributes:
        words: the last lines of what failed, or why nothing could be run.
        failing: the tests that failed, where they are known by name.
        before: whether they failed without the changes too; None where nobody looked.
    """

    command: str
    result: Literal["passed", "failed", "not run"]
    words: str = ""
    failing: Sequence[str] = ()
    before: bool | None = None

    def since(self, *, before: bool) -> "Trial":
        """Return the same, knowing whether they failed before."""
        return replace(self, before=before)


@dataclass(slots=True)
class Report:
    """What was done, as it came to be.

    Attributes:
        kept: whether there are changes of an earlier job, which a push has overtaken.
        applied: changes that were made, also those since a test failed.
        ran: formatters and linters.
        missing: those that were not there.
        tested: the tests.
    """

    kept: bool = False
    applied: Sequence[Change] = ()
    ran: Sequence[tidied.Ran] = ()
    missing: Sequence[str] = ()
    tested: list[Trial] = field(default_factory=list)

    @property
    def broke_tests(self) -> bool:
        """Whether tests fail that passed without the changes."""
        return any(each.result == "failed" and not each.before for each in self.tested)

    def tells_of(self, test: str) -> bool:
        """Say whether a test has failed, by its name or the end of it."""
        failed = [each for each in self.tested if each.result == "failed"]
        return any(_names(each, test) for each in failed)


def title(report: Report) -> str:
    """Return the title of a pull request, which is also the commit's."""
    if not report.applied:
        return KEPT if report.kept else tidied.title(report.ran)
    if len(report.applied) == 1:
        return f"Apply {report.applied[0]}"
    authors = [each for each in dict.fromkeys(each.author for each in report.applied) if each]
    by = f" by {tidied.listed(authors)}" if authors else ""
    return f"Apply {len(report.applied)} suggested changes{by}"


def body(report: Report) -> str:
    """Return the text that goes with the changes."""
    parts = []
    if report.kept:
        parts.append("What was made before is now on top of what somebody has pushed meanwhile.")
    if report.applied:
        lines = [f"- {described(each)}{_since(each)}" for each in report.applied]
        parts.append("\n".join(["**What was applied**", "", *lines]))
    if report.ran or report.missing:
        parts.append(tidied.body(report.ran, report.missing).rstrip())
    if report.tested:
        parts.append("\n\n".join(["**Tests**", *(_tested(each) for each in report.tested)]))
    else:
        parts.append("**Tests:** I found none that I know how to run.")
    return "\n\n".join(parts) + "\n"


def nothing(report: Report) -> str:
    """Return the reason why nothing is handed in."""
    parts = []
    if report.applied:
        parts.append("What was suggested is in the files already.")
    if report.ran or report.missing or not (report.applied or report.tested):
        parts.append(tidied.nothing(report.ran, report.missing))
    parts += [_in_a_sentence(each) for each in report.tested]
    return " ".join(parts)


def about_tests(report: Report, instruction: str) -> tuple[str, tuple[str, ...]]:
    """Return the question whether changes are wanted that break tests, and its answers."""
    broken = [each for each in report.tested if each.result == "failed" and not each.before]
    shown = "\n\n".join(_tested(each) for each in broken)
    words = " ".join(instruction.split()) or GO_ON
    again = (f"{words} {ANYWAY}",) if len(words) <= 120 and "```" not in instruction else ()  # noqa: PLR2004 - a button is short
    return f"The tests fail after the change. Is it wanted all the same?\n\n{shown}", (
        *again,
        LEAVE,
    )


def about_change(change: Change, why: str) -> str:
    """Return the question that a change leads to which cannot be made."""
    return f"I cannot apply {described(change)}.\n\n{tidied.fenced(why)}\n\nWhat now?"


def described(change: Change) -> str:
    """Name a change with its place."""
    if isinstance(change, Patch):
        return str(change)
    lines = f"{change.first}-{change.last}" if change.last > change.first else f"{change.first}"
    where = tidied.code(f"{change.path}:{lines}")
    return f"{whose(change.author, 'suggestion')} for {where}"


def _names(trial: Trial, test: str) -> bool:
    """Without names of tests, what is said of them has to do."""
    if trial.failing:
        return any(name.endswith(test) for name in trial.failing)
    return bool(re.search(rf"(?<!\w){re.escape(test)}(?!\w)", trial.words))


def _since(change: Change) -> str:
    fails = change.fails if isinstance(change, Patch) else ""
    return f", since {tidied.code(fails)} failed" if fails else ""


def _tested(tested: Trial) -> str:
    command = tidied.code(tested.command)
    if tested.result == "passed":
        return f"{command} passed."
    if tested.result == "not run":
        return f"{command} could not be run: {tested.words}"
    before = {True: ", as it did without the changes", False: "", None: ""}[tested.before]
    last = "\n".join(tested.words.splitlines()[-_MOST_LINES:])
    return f"{command} failed{before}:\n\n{tidied.fenced(last)}"


def _in_a_sentence(tested: Trial) -> str:
    if tested.result == "not run":
        return f"{tested.command} could not be run: {tested.words}"
    if tested.result == "passed":
        return f"{tested.command} passed."
    last = tested.words.strip().splitlines()[-1:]
    return " ".join([f"{tested.command} failed.", *last])
