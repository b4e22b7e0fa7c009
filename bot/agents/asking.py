"""Asking for things from inside a box, and what may be asked for there.

Runs with the standard library alone, under whichever interpreter the box has.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.agents.door import exchange

_TAKEN = frozenset({200, 204})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the broker said.

    Attributes:
        accepted: whether it will be done.
        words: why not, or a sentence that it will be.
        left: how many more of this kind may be asked for, where that is known.
    """

    accepted: bool
    words: str
    left: int | None = None


def ask(
    path: str, payload: Mapping[str, Any], sleep: Callable[[float], None] = time.sleep
) -> Answer:
    """Post to the door until it answers; a repeated request carries the same key.

    Raises:
        AwayError: nobody answered.
    """
    status, said = exchange("POST", path, payload, sleep)
    accepted = status in _TAKEN and said.get("accepted", True) is True
    words = str(said.get("words") or ("Accepted." if accepted else f"Refused ({status})."))
    left = said.get("left")
    return Answer(accepted=accepted, words=words, left=left if isinstance(left, int) else None)


def handing_in() -> str:
    """Return the kind of output that hands changes in here, as the environment tells.

    On a fork's pull request it is a comment: what was changed is shown below it.
    """
    kind = "push" if os.environ.get("GREENROOM_KIND") == "pull" else "pull_request"
    granted = os.environ.get("GREENROOM_OUTPUTS", kind).split()
    return "comment" if kind not in granted and "comment" in granted else kind


def plans() -> bool:
    """Say whether a plan is all that may be handed in here, as the environment tells.

    A person's yes to one is what brings the other kinds.
    """
    granted = set(os.environ.get("GREENROOM_OUTPUTS", "").split())
    return "plan" in granted and granted.isdisjoint({"pull_request", "push"})


def base() -> str:
    """Return the commit that changes are compared with; empty where nobody says."""
    return os.environ.get("GREENROOM_BASE", "")


def validations() -> tuple[str, ...]:
    """Return the names of the validations that may be asked for, as the environment tells."""
    return tuple(os.environ.get("GREENROOM_VALIDATIONS", "").split())
