"""Having the tree validated, and telling of it as of a run of the tests."""

from collections.abc import Callable

from bot.agents.door import AwayError
from bot.agents.playbook.report import Trial
from bot.agents.playbook.tree import Tree
from bot.agents.validating import Hear, Outcome

Validate = Callable[[str, Hear], Outcome]

_RESULTS = {"passed": "passed", "failed": "failed", "timeout": "failed"}
"""What each outcome says of the tree; of others nobody can blame it."""


def run(name: str, validate: Validate) -> Trial:
    """Have the tree validated as it is."""
    try:
        came = validate(name, _quiet)
    except AwayError as problem:
        return Trial(command=name, result="not run", words=str(problem))
    return Trial(
        command=name,
        result=_RESULTS.get(came.outcome, "not run"),  # type: ignore[arg-type]  # of the table
        words=came.words,
        failing=came.failing,
    )


def compared(trial: Trial, validate: Validate, tree: Tree, base: str) -> Trial:
    """Return what has failed, knowing whether it does as the tree was at `base`, too.

    Raises:
        GitFailed: the tree cannot be brought back.
    """
    now = tree.mark()
    if now == base:
        return trial
    try:
        tree.back_to(base)
        return trial.since(before=run(trial.command, validate).result == "failed")
    finally:
        tree.back_to(now)


def _quiet(_: str) -> None:
    """What it prints is kept elsewhere."""
