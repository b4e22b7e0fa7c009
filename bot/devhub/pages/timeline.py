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
        "head_ref_deleted",
        "head_ref_restored",
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


_HEADS = {"create": "head_ref_restored", "delete": "head_ref_deleted"}


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
        if change.event in _HEADS and actor is not None and repository is not None:
            self._moved(repository, payload, _HEADS[change.event], actor)
        if change.event not in {"issues", "pull_request"} or actor is None or repository is None:
            return
        subject = payload.get("issue") or payload["pull_request"]
        where = repository.id, subject["number"]
        if "body" in payload.get("changes", {}):
            self._edited.add(where)
        entry = _entry(payload, subject, self._clock.now(), actor)
        if entry.action in _SHOWN:
            self._entries[where].append(entry)

    def _moved(
        self, repository: Repository, payload: Mapping[str, Any], action: str, actor: Account
    ) -> None:
        """Write down that the branch of a pull request went, or came back."""
        for issue in repository.pulls if payload["ref_type"] == "branch" else ():
            if (
                issue.pull
                and issue.pull.source is repository
                and issue.pull.head == payload["ref"]
            ):
                entry = Entry(at=self._clock.now(), actor=actor, action=action)
                self._entries[repository.id, issue.number].append(entry)


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
