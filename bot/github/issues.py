"""An issue, or the issue half of a pull request."""

from dataclasses import dataclass
from typing import Any, Literal

from bot.github.calls import Caller
from bot.github.people import person
from bot.github.permissions import Operation
from bot.model.runs import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What we use of an issue; title, body and labels are other people's text.

    Attributes:
        pull: whether it is a pull request.
        locked: whether only people with write may comment.
    """

    id: int
    number: int
    title: str
    body: str
    state: Literal["open", "closed"]
    labels: frozenset[str]
    author: Person
    locked: bool
    pull: bool
    url: str


class Issues:
    """Issues of one repository."""

    def __init__(self, calls: Caller) -> None:
        self._calls = calls

    async def get(self, number: int) -> Issue:
        """Return an issue; raises Refused `not_found`, or `gone` when it was deleted."""
        row = await self._calls.get(Operation.ISSUE, issue_number=number)
        return Issue(
            id=row["id"],
            number=row["number"],
            title=row["title"],
            body=row.get("body") or "",
            state=row["state"],
            labels=frozenset(_name(label) for label in row["labels"]),
            author=person(row["user"]),
            locked=row["locked"],
            pull="pull_request" in row,
            url=row["html_url"],
        )


def _name(label: Any) -> str:
    """GitHub's description allows a label to be its bare name."""
    return str(label if isinstance(label, str) else label["name"])
