"""Threads of reviews: which are resolved, and resolving one; GitHub has that in GraphQL alone.

https://docs.github.com/en/graphql/reference/objects#pullrequestreviewthread
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.github.calls import Caller
from bot.github.errors import NOT_FOUND
from bot.github.permissions import Operation
from bot.model.errors import Refused
from bot.model.ids import Repo
from bot.model.priorities import Priority

MOST_PAGES = 20
"""Pages of a hundred threads that are read."""

THREADS = """\
query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { id isResolved comments(first: 1) { nodes { fullDatabaseId } } }
      }
    }
  }
}
"""

RESOLVE = """\
mutation($thread: ID!) {
  resolveReviewThread(input: {threadId: $thread}) { thread { isResolved } }
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A thread beside lines.

    Attributes:
        id: GraphQL's name for it.
        first: REST's number of its first comment; None when that was deleted.
    """

    id: str
    first: int | None
    resolved: bool


class Threads:
    """Threads of reviews in one repository.

    What GraphQL refuses raises Refused, as REST does.
    """

    def __init__(self, calls: Caller, repo: Repo) -> None:
        self._calls = calls
        self._owner, _, self._name = repo.partition("/")

    async def of(self, pull: int) -> tuple[Thread, ...]:
        """Return the threads of a pull request, oldest first; only so many of them."""
        found: list[Thread] = []
        after: str | None = None
        for _ in range(MOST_PAGES):
            page = await self._page(pull, after)
            found += map(_thread, page["nodes"])
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        return tuple(found)

    async def _page(self, pull: int, after: str | None) -> Mapping[str, Any]:
        asked = {"owner": self._owner, "name": self._name, "number": pull, "after": after}
        data = await self._calls.query(Operation.THREADS, THREADS, asked)
        page: Mapping[str, Any] = data["repository"]["pullRequest"]["reviewThreads"]
        return page

    async def resolve(self, pull: int, first: int, *, priority: Priority) -> None:
        """Resolve the thread that a comment began; nothing happens when it is resolved.

        Raises:
            Refused: `not_found`, there is no such thread; `forbidden`, it is not for us.
        """
        found = next((each for each in await self.of(pull) if each.first == first), None)
        if found is None:
            raise Refused(NOT_FOUND, f"#{pull} has no thread that begins with comment {first}.")
        if not found.resolved:
            named = {"thread": found.id}
            await self._calls.query(Operation.THREAD_RESOLVE, RESOLVE, named, priority)


def _thread(row: Mapping[str, Any]) -> Thread:
    comments = row["comments"]["nodes"]
    first = int(comments[0]["fullDatabaseId"]) if comments else None
    return Thread(id=row["id"], first=first, resolved=row["isResolved"])
