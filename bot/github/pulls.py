"""Pull requests."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from bot.github.accounts import person
from bot.github.bounds import BODY, within
from bot.github.calls import Caller
from bot.github.errors import UNPROCESSABLE
from bot.github.permissions import Operation
from bot.model.errors import Refused
from bot.model.ids import Repo, Sha
from bot.model.priorities import Priority
from bot.model.runs import Person

NO_DRAFTS = "Draft pull requests are not supported"
"""What GitHub says in a private repository of a free plan.

https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/proposing-changes-to-your-work-with-pull-requests/about-pull-requests#draft-pull-requests
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The branch that a pull request comes from.

    Attributes:
        repo: None when the fork was deleted.
        ref: the branch, without `refs/heads/`.
    """

    repo: Repo | None
    ref: str
    sha: Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """What we use of a pull request.

    Attributes:
        base: the branch that it is for.
        fork: whether its branch lies in another repository, where we cannot push.
        author: None when the account was deleted.
    """

    number: int
    head: Head
    base: str
    fork: bool
    draft: bool
    state: Literal["open", "closed"]
    merged: bool
    author: Person | None
    title: str
    body: str


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
        """Open one, as no draft where there can be none.

        Raises:
            Refused: `unprocessable` when there is one already, or nothing to merge.
        """
        within(BODY, "The pull request's body", new.body)
        try:
            return _pull(await self._calls.send(Operation.PULL_CREATE, asdict(new), priority))
        except Refused as refused:
            if not (new.draft and refused.reason == UNPROCESSABLE and NO_DRAFTS in refused.words):
                raise
        return await self.create(replace(new, draft=False), priority=priority)

    async def edit(self, number: int, *, title: str, body: str, priority: Priority) -> None:
        """Replace title and body, which notifies nobody."""
        within(BODY, "The pull request's body", body)
        data = {"title": title, "body": body}
        await self._calls.send(Operation.PULL_EDIT, data, priority, pull_number=number)

    def _is_from(self, head: Head, branch: str) -> bool:
        return head.ref == branch and str(head.repo).lower() == self._repo.lower()


def _pull(row: Mapping[str, Any]) -> Pull:
    head, base = row["head"], row["base"]
    theirs = head["repo"]
    return Pull(
        number=row["number"],
        head=Head(
            repo=Repo(theirs["full_name"]) if theirs else None,
            ref=head["ref"],
            sha=Sha(head["sha"]),
        ),
        base=base["ref"],
        fork=theirs is None or theirs["id"] != base["repo"]["id"],
        draft=row.get("draft") or False,
        state=row["state"],
        merged=row.get("merged_at") is not None,
        author=person(row["user"]),
        title=row["title"],
        body=row.get("body") or "",
    )
