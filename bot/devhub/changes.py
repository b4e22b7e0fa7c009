"""What happens at the hub, told inside the process to whoever shows it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.devhub.records import Account, Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something is not as it was.

    Attributes:
        repository: where; None when it may be anywhere.
        event: GitHub's name of the event, empty when there is none for it.
        payload: what apps are told of it.
        actor: whose doing it is, if an event says so.
    """

    repository: Repository | None = None
    event: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    actor: Account | None = None


Ear = Callable[[Change], None]


class Changes:
    """The ears of whoever wants to hear; an ear returns at once and does not fail."""

    def __init__(self) -> None:
        self._ears: list[Ear] = []

    def hear(self, ear: Ear) -> None:
        """Tell everything from now on to this ear too."""
        self._ears.append(ear)

    def tell(self, change: Change) -> None:
        """Tell every ear of a change that has been made."""
        for ear in self._ears:
            ear(change)
