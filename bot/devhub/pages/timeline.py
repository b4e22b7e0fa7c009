"""What happened to each issue between its comments, gathered as it is told to the apps."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.devhub.changes import Change
from bot.devhub.records import Account, Issue, Repository
from bot.model.clock import Clock

_SHOWN = frozenset(
    {
        "closed",
        "converted_to_draft",
        "labeled",
        "locked",
        "merged",
        "ready_for_review",
        "renamed",
        "reopened",
        "synchronize",
        "unlabeled",
        "unlocked",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of an issue's timeline.

    Attributes:
        action: GitHub's name of what was done; a new title is `renamed`.
        label: the name and colour of the label that it is about.
        before: the old title, or the head before a push.
        after: the new one.
    """

    at: float
    actor: Account
    action: str
    label: tuple[str, str] | None = None
    before: str = ""
    after: str = ""


class Timeline:
    """The entries of every issue, by repository and number."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[tuple[int, int], list[Entry]] = defaultdict(list)
        self._edited: set[tuple[int, int]] = set()

    def of(self, repository: Repository, issue: Issue) -> list[Entry]:
        """Return the entries of an issue, oldest first."""
        return self._entries[repository.id, issue.number]

    def edited(self, repository: Repository, issue: Issue) -> bool:
        """Return whether the description is another than at the beginning."""
        return (repository.id, issue.number) in self._edited

    def hear(self, change: Change) -> None:
        """Write down what belongs into a timeline."""
        payload, actor, repository = change.payload, change.actor, change.repository
        if change.event not in {"issues", "pull_request"} or actor is None or repository is None:
            return
        subject = payload.get("issue") or payload["pull_request"]
        where = repository.id, subject["number"]
        if "body" in payload.get("changes", {}):
            self._edited.add(where)
        entry = _entry(payload, subject, self._clock.now(), actor)
        if entry.action in _SHOWN:
            self._entries[where].append(entry)


def _entry(
    payload: Mapping[str, Any], subject: Mapping[str, Any], now: float, actor: Account
) -> Entry:
    action, label = payload["action"], payload.get("label")
    title = payload.get("changes", {}).get("title")
    if action == "edited" and title is not None:
        return Entry(
            at=now, actor=actor, action="renamed", before=title["from"], after=subject["title"]
        )
    return Entry(
        at=now,
        actor=actor,
        action="merged" if action == "closed" and subject.get("merged") else action,
        label=None if label is None else (label["name"], label["color"]),
        before=payload.get("before", ""),
        after=payload.get("after", ""),
    )
