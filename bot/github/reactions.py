"""Reactions: the quickest sign that something was seen; they notify nobody.

A review takes reactions by GraphQL alone; react to its pull request instead.
"""

from typing import Literal

from bot.github.calls import Caller
from bot.github.permissions import Operation
from bot.model.priorities import Priority

# https://docs.github.com/en/rest/reactions/reactions#about-reactions
Content = Literal["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"]


class Reactions:
    """Our reactions in one repository.  Adding one that is there changes nothing."""

    def __init__(self, calls: Caller) -> None:
        self._calls = calls

    async def to_issue(self, number: int, content: Content, *, priority: Priority) -> None:
        """React to an issue or pull request."""
        await self._calls.send(
            Operation.REACT_TO_ISSUE, {"content": content}, priority, issue_number=number
        )

    async def to_comment(self, comment: int, content: Content, *, priority: Priority) -> None:
        """React to a comment of an issue or pull request, by its id."""
        await self._calls.send(
            Operation.REACT_TO_COMMENT, {"content": content}, priority, comment_id=comment
        )

    async def to_review_comment(
        self, comment: int, content: Content, *, priority: Priority
    ) -> None:
        """React to a comment beside a line of a pull request, by its id."""
        await self._calls.send(
            Operation.REACT_TO_REVIEW_COMMENT, {"content": content}, priority, comment_id=comment
        )
