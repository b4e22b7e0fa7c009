"""Pull requests."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from bot.github.bounds import BODY, within
from bot.github.calls import Caller
from bot.github.permissions import Operation
from bot.model.ids import Repo
from bot.model.priorities import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The branch that a pull request comes from; `repo` is None when the fork was deleted."""

    repo: Repo | None
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """What we use of a pull request."""

    number: int
    head: Head


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPull:
    """A pull request to open; `head` and `base` are branches of the same repository."""

    title: str
    body: str
    head: str
    base: str


class Pulls:
    """Pull requests of one repository."""

    def __init__(self, calls: Caller, repo: Repo) -> None:
        self._calls = calls
        self._repo = repo

    async def find(self, head: str, state: Literal["open", "all"] = "open") -> tuple[Pull, ...]:
        """Return the pull requests from a branch of this repository, newest first."""
        owner = self._repo.partition("/")[0]
        query = {"head": f"{owner}:{head}", "state": state}
        found = [_pull(row) async for row in self._calls.pages(Operation.PULLS, query)]
        # GitHub ignores a `head` that it cannot read and then lists everything.
        return tuple(pull for pull in found if self._is_from(pull.head, head))

    async def create(self, new: NewPull, *, priority: Priority) -> Pull:
        """Open one; raises Refused `unprocessable` when there is one, or nothing to merge."""
        within(BODY, "The pull request's body", new.body)
        return _pull(await self._calls.send(Operation.PULL_CREATE, asdict(new), priority))

    async def edit(self, number: int, *, title: str, body: str, priority: Priority) -> None:
        """Replace title and body, which notifies nobody."""
        within(BODY, "The pull request's body", body)
        data = {"title": title, "body": body}
        await self._calls.send(Operation.PULL_EDIT, data, priority, pull_number=number)

    def _is_from(self, head: Head, branch: str) -> bool:
        return head.ref == branch and str(head.repo).lower() == self._repo.lower()


def _pull(row: Mapping[str, Any]) -> Pull:
    head = row["head"]
    repo = Repo(head["repo"]["full_name"]) if head["repo"] else None
    return Pull(number=row["number"], head=Head(repo=repo, ref=head["ref"]))
