"""Reactions: the quickest sign that something was seen; they notify nobody."""

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

    async def to_issue(self, number: int, content: Content, *, priority: Priority) -> int:
        """React to an issue or pull request; returns the reaction's id."""
        row = await self._calls.send(
            Operation.REACT_TO_ISSUE, {"content": content}, priority, issue_number=number
        )
        return int(row["id"])

    async def to_comment(self, comment: int, content: Content, *, priority: Priority) -> int:
        """React to a comment; returns the reaction's id."""
        row = await self._calls.send(
            Operation.REACT_TO_COMMENT, {"content": content}, priority, comment_id=comment
        )
        return int(row["id"])

    async def off_issue(self, number: int, reaction: int, *, priority: Priority) -> None:
        """Take a reaction back; raises Refused `not_found`."""
        await self._calls.send(
            Operation.UNREACT_TO_ISSUE,
            None,
            priority,
            issue_number=number,
            reaction_id=reaction,
        )

    async def off_comment(self, comment: int, reaction: int, *, priority: Priority) -> None:
        """Take a reaction back; raises Refused `not_found`."""
        await self._calls.send(
            Operation.UNREACT_TO_COMMENT,
            None,
            priority,
            comment_id=comment,
            reaction_id=reaction,
        )
