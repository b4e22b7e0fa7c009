"""Running a repository's tests, leaving nothing of theirs behind."""

from collections.abc import Sequence
from shutil import which

from bot.agents.playbook.checks import Suite, suites
from bot.agents.playbook.report import Trial
from bot.agents.playbook.tree import Tree
from bot.agents.programs import Programs

_FAILED_TO_START = 126
"""Statuses from here to 127 are a shell's for a program that it could not start."""


def run(programs: Programs, tree: Tree, base: str) -> list[Trial]:
    """Run all tests; where some fail, run those again as the tree was at `base`.

    Raises:
        GitFailed: the tree cannot be brought back.
        Stopped: nothing more is to be run.
    """
    now = tree.mark()
    tested = [_run(programs, suite) for suite in suites(programs.top)]
    tree.back_to(now)
    if now == base or all(each.result != "failed" for each in tested):
        return tested
    try:
        tree.back_to(base)
        return _compared(programs, tested)
    finally:
        tree.back_to(now)


def _compared(programs: Programs, tested: Sequence[Trial]) -> list[Trial]:
    """Run what failed once more, in the tree as it is now."""
    known = {suite.command: suite for suite in suites(programs.top)}
    return [
        each.since(before=_run(programs, known[each.command]).result == "failed")
        if each.result == "failed" and each.command in known
        else each
        for each in tested
    ]


def _run(programs: Programs, suite: Suite) -> Trial:
    if which(suite.program) is None:
        words = f"{suite.program} is not there."
        return Trial(command=suite.command, result="not run", words=words)
    status, said = programs.watch(suite.program, *suite.arguments)
    if status == 0:
        return Trial(command=suite.command, result="passed")
    if status in suite.none:
        return Trial(command=suite.command, result="not run", words="it found no test.")
    if status in (_FAILED_TO_START, _FAILED_TO_START + 1):
        return Trial(command=suite.command, result="not run", words=said.strip()[-200:])
    return Trial(command=suite.command, result="failed", words=said.strip())
