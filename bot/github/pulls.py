"""Pull requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.github.bounds import BODY, within
from bot.github.calls import Caller
from bot.github.people import person
from bot.github.permissions import Operation
from bot.model.ids import Repo, Sha
from bot.model.priorities import Priority
from bot.model.runs import Person

State = Literal["open", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One end of a pull request; `repo` is None when the fork was deleted."""

    repo: Repo | None
    ref: str
    sha: Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """What we use of a pull request; title and body may be other people's text."""

    id: int
    number: int
    title: str
    body: str
    state: State
    draft: bool
    merged: bool
    head: End
    base: End
    author: Person
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPull:
    """A pull request to open; `head` and `base` are branches of the same repository."""

    title: str
    body: str
    head: str
    base: str
    draft: bool = False


class Pulls:
    """Pull requests of one repository."""

    def __init__(self, calls: Caller, repo: Repo) -> None:
        self._calls = calls
        self._repo = repo

    async def get(self, number: int) -> Pull:
        """Return a pull request; raises Refused `not_found`."""
        return _pull(await self._calls.get(Operation.PULL, pull_number=number))

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
        data = {
            "title": new.title,
            "body": new.body,
            "head": new.head,
            "base": new.base,
            "draft": new.draft,
        }
        return _pull(await self._calls.send(Operation.PULL_CREATE, data, priority))

    async def edit(
        self,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        state: State | None = None,
        priority: Priority,
    ) -> Pull:
        """Change what is given; edits of a body notify nobody."""
        within(BODY, "The pull request's body", body)
        wanted = {"title": title, "body": body, "state": state}
        data = {name: value for name, value in wanted.items() if value is not None}
        row = await self._calls.send(Operation.PULL_EDIT, data, priority, pull_number=number)
        return _pull(row)

    def _is_from(self, end: End, branch: str) -> bool:
        return end.ref == branch and str(end.repo).lower() == self._repo.lower()


def _pull(row: Mapping[str, Any]) -> Pull:
    return Pull(
        id=row["id"],
        number=row["number"],
        title=row["title"],
        body=row["body"] or "",
        state=row["state"],
        draft=row.get("draft", False),
        merged=row.get("merged", row["merged_at"] is not None),  # lists have only the time
        head=_end(row["head"]),
        base=_end(row["base"]),
        author=person(row["user"]),
        url=row["html_url"],
    )


def _end(row: Mapping[str, Any]) -> End:
    repo = Repo(row["repo"]["full_name"]) if row["repo"] else None
    return End(repo=repo, ref=row["ref"], sha=Sha(row["sha"]))
