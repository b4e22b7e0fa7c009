"""Comments of issues and pull requests, and which of them are ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.github.bounds import BODY, within
from bot.github.calls import Caller
from bot.github.permissions import Operation
from bot.model.priorities import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What we use of a comment.

    Attributes:
        app: id of the app that wrote it, None for people.
    """

    id: int
    app: int | None


class Comments:
    """Comments of one repository's issues and pull requests."""

    def __init__(self, calls: Caller, app_id: int) -> None:
        self._calls = calls
        self._app_id = app_id

    async def ours(self, number: int, marker: str = "") -> tuple[Comment, ...]:
        """Return what this app wrote there, oldest first, where `marker` occurs in it.

        A person can copy a marker into a comment of their own; the app's id they cannot.
        """
        pages = self._calls.pages(Operation.COMMENTS, issue_number=number)
        found = [_comment(row) async for row in pages if marker in (row.get("body") or "")]
        mine = [comment for comment in found if comment.app == self._app_id]
        return tuple(sorted(mine, key=lambda comment: comment.id))

    async def find(self, number: int, marker: str) -> Comment | None:
        """Return the oldest of ours with this hidden marker."""
        return next(iter(await self.ours(number, marker)), None)

    async def create(self, number: int, body: str, *, priority: Priority) -> Comment:
        """Write a comment, which notifies people; raises Refused `too_long` over the limit."""
        within(BODY, "The comment", body)
        row = await self._calls.send(
            Operation.COMMENT_CREATE, {"body": body}, priority, issue_number=number
        )
        return _comment(row)

    async def edit(self, comment: int, body: str, *, priority: Priority) -> None:
        """Replace a comment's text, which notifies nobody; raises Refused `not_found`."""
        within(BODY, "The comment", body)
        await self._calls.send(
            Operation.COMMENT_EDIT, {"body": body}, priority, comment_id=comment
        )

    async def delete(self, comment: int, *, priority: Priority) -> None:
        """Remove a comment; raises Refused `not_found`."""
        await self._calls.send(Operation.COMMENT_DELETE, None, priority, comment_id=comment)


def _comment(row: Mapping[str, Any]) -> Comment:
    app = row.get("performed_via_github_app")
    return Comment(id=row["id"], app=app["id"] if app else None)
