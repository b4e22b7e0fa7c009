"""The Test Anything Protocol: lines that begin with `ok` or `not ok`, and how many there are.

https://testanything.org/tap-version-14-specification.html
"""

import re
from collections.abc import Sequence

from bot.rules.reports.base import Failing, Tests, unreadable

# Lines with an indent are details, or tests within a test, which a line of ours sums up.
VERSION = re.compile(r"TAP version [0-9]+")
PLAN = re.compile(r"1\.\.([0-9]{1,9})(?=\s|$)")
TEST = re.compile(r"(not )?ok\b(?: +[0-9]+)?(?: +-(?= |$))?")
DIRECTIVE = re.compile(r"(?<!\\)# *(todo|skip)", re.IGNORECASE)
BAIL = "Bail out!"

MOST_LINES = 500_000
"""Lines of a report, and two seconds of reading them."""


def read(report: str) -> Tests:
    """Read a report; one that breaks off, or tells of fewer tests than it planned, says so.

    Raises:
        Refused: it is none.
    """
    if report.count("\n") > MOST_LINES:
        raise unreadable("has too many lines")
    lines = report.removeprefix("\ufeff").split("\n")
    tests = [(line, test) for line in lines if (test := TEST.match(line))]
    plans = [int(plan[1]) for line in lines if (plan := PLAN.match(line))]
    gave_up = any(line.startswith(BAIL) for line in lines)
    if not (tests or plans or gave_up or VERSION.match(lines[0])):
        raise unreadable("is neither JUnit's XML nor TAP")
    failing, skipped = list[Failing](), 0
    for line, test in tests:
        name, word = _said(line[test.end() :])
        skipped += word == "skip"
        if test[1] and not word:
            failing.append(Failing(name=name))
    trouble = "It gave up." if gave_up else _trouble(plans, len(tests))
    return Tests(ran=len(tests) - skipped, failing=failing, trouble=trouble)


def _said(line: str) -> tuple[str, str]:
    """Tell the name of a test from the word behind it that excuses it, `todo` or `skip`."""
    if directive := DIRECTIVE.search(line):
        return line[: directive.start()].strip(), directive[1].lower()
    return line.strip(), ""


def _trouble(plans: Sequence[int], told: int) -> str:
    """Say what is missing; a plan of no tests, which skips them all, is one too."""
    if not plans:
        return "It does not say how many tests there were to be."
    planned = sum(plans)
    return "" if planned == told else f"It planned {planned} tests and told of {told}."
