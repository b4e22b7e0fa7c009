"""An issue, or the issue half of a pull request."""

from dataclasses import dataclass
from typing import Any, Literal

from bot.github.accounts import person
from bot.github.calls import Caller
from bot.github.permissions import Operation
from bot.model.runs import Person, SubjectKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What we use of an issue.

    Attributes:
        kind: pull requests are issues too.
        author: None when the account was deleted.
        body: as it is now; somebody may have edited it.
    """

    kind: SubjectKind
    state: Literal["open", "closed"]
    labels: frozenset[str]
    author: Person | None
    title: str
    body: str


class Issues:
    """Issues of one repository."""

    def __init__(self, calls: Caller) -> None:
        self._calls = calls

    async def get(self, number: int) -> Issue:
        """Return an issue; raises Refused `not_found`, or `gone` when it was deleted."""
        row = await self._calls.get(Operation.ISSUE, issue_number=number)
        return Issue(
            kind="pull" if row.get("pull_request") else "issue",
            state=row["state"],
            labels=frozenset(_name(label) for label in row["labels"]),
            author=person(row["user"]),
            title=row["title"],
            body=row.get("body") or "",
        )


def _name(label: Any) -> str:
    """GitHub's description allows a label to be its bare name."""
    return str(label if isinstance(label, str) else label["name"])
