"""What people and apps have said on an issue or a pull request, for agents to be shown.

`comments` is for what we write ourselves.  Pull requests have two more kinds: reviews,
and the comments that reviews put beside lines.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.github.accounts import person
from bot.github.bounds import BODY, within
from bot.github.calls import Caller
from bot.github.moments import unix
from bot.github.permissions import Operation
from bot.model.priorities import Priority
from bot.model.runs import Person

Kind = Literal["issue_comment", "review_comment", "review"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A comment, a review, or a review's comment.

    Attributes:
        author: None when the account was deleted.
        app: id of the app that wrote it, where GitHub tells; None for people.
        created: Unix time.
        updated: Unix time of the last edit; GitHub does not tell when a review was edited.
        body: Markdown; a review's may be empty.
        path: the file that a review's comment is about; else None.
        start_line: the first of several lines; None when it is about one.
        line: the last line, in the file as it is at the head; None when that line is gone,
            or the comment is about the whole file.
        review: the number of the review that a review's comment belongs to.
        thread: the number of the first comment of its thread.
        commit: the commit that a review's comment is about.
    """

    kind: Kind
    id: int
    author: Person | None
    app: int | None
    created: float
    updated: float
    body: str
    path: str | None = None
    start_line: int | None = None
    line: int | None = None
    review: int | None = None
    thread: int | None = None
    commit: str | None = None


class Remarks:
    """What was said in one repository, each list oldest first.

    A single one that was deleted raises Refused `not_found`.
    """

    def __init__(self, calls: Caller) -> None:
        self._calls = calls

    async def comments(self, number: int) -> tuple[Remark, ...]:
        """Return the comments of an issue or a pull request."""
        pages = self._calls.pages(Operation.COMMENTS, issue_number=number)
        return tuple([_remark("issue_comment", row) async for row in pages])

    async def review_comments(self, number: int) -> tuple[Remark, ...]:
        """Return the comments beside lines of a pull request."""
        pages = self._calls.pages(Operation.REVIEW_COMMENTS, pull_number=number)
        return tuple([_remark("review_comment", row) async for row in pages])

    async def reply(self, pull: int, to: Remark, body: str, *, priority: Priority) -> Remark:
        """Answer in the thread of a review's comment, which notifies people.

        Raises:
            Refused: `not_found`, the thread is gone; `too_long` over the limit.
        """
        within(BODY, "The reply", body)
        data = {"body": body, "in_reply_to": to.thread, "commit_id": to.commit, "path": to.path}
        row = await self._calls.send(
            Operation.REVIEW_COMMENT_CREATE, data, priority, pull_number=pull
        )
        return _remark("review_comment", row)

    async def comment(self, number: int) -> Remark:
        """Return a comment of an issue or a pull request by its own number."""
        row = await self._calls.get(Operation.REMARK, comment_id=number)
        return _remark("issue_comment", row)

    async def review_comment(self, number: int) -> Remark:
        """Return a comment beside lines by its own number."""
        row = await self._calls.get(Operation.REVIEW_COMMENT, comment_id=number)
        return _remark("review_comment", row)

    async def review(self, pull: int, number: int) -> Remark:
        """Return a review of a pull request."""
        row = await self._calls.get(Operation.REVIEW, pull_number=pull, review_id=number)
        return _remark("review", row)

    async def reviews(self, number: int) -> tuple[Remark, ...]:
        """Return the reviews of a pull request that were submitted."""
        pages = self._calls.pages(Operation.REVIEWS, pull_number=number)
        return tuple([_remark("review", row) async for row in pages if row.get("submitted_at")])


def _remark(kind: Kind, row: Mapping[str, Any]) -> Remark:
    created = row["submitted_at"] if kind == "review" else row["created_at"]
    app = row.get("performed_via_github_app")
    return Remark(
        kind=kind,
        id=row["id"],
        author=person(row["user"]),
        app=app["id"] if app else None,
        created=unix(created),
        updated=unix(row.get("updated_at") or created),
        body=row.get("body") or "",
        path=row.get("path"),
        start_line=row.get("start_line"),
        line=row.get("line"),
        review=row.get("pull_request_review_id"),
        commit=row.get("commit_id"),
        thread=(row.get("in_reply_to_id") or row["id"]) if kind == "review_comment" else None,
    )
