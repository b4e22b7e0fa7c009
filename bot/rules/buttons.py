"""The buttons of a check run: GitHub shows up to three, once it is completed.

https://docs.github.com/en/rest/guides/using-the-rest-api-to-interact-with-checks#check-runs-and-requested-actions
"""

from collections.abc import Mapping, Sequence

from bot.rules.lifecycle import Run
from bot.rules.waiting import ANSWER

RETRY, STOP, APPROVE = "retry", "stop", "approve"

RERUN = "rerun"
"""GitHub's own button, which asks for a check to be run again."""

BUTTONS: Mapping[str, Mapping[str, str]] = {
    RETRY: {"label": "Retry", "description": "Do it again", "identifier": RETRY},
    STOP: {"label": "Stop", "description": "Stop this run", "identifier": STOP},
    APPROVE: {
        "label": "Approve",
        "description": "Say yes to what this run waits with",
        "identifier": APPROVE,
    },
}
"""Label (at most 20 characters), description (40) and identifier (20) of each."""


def buttons(state: Run, *, asks: str | None) -> Sequence[Mapping[str, str]]:
    """Return the buttons of a run's check; `asks` is what it waits for a person with."""
    if state is Run.FINISHED:
        return [BUTTONS[RETRY]]
    if asks is None:
        return []
    return [BUTTONS[STOP]] if asks == ANSWER else [BUTTONS[APPROVE], BUTTONS[STOP]]
