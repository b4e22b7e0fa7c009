"""Labels on an issue or pull request."""

from bot.github.calls import Caller
from bot.github.errors import NOT_FOUND
from bot.github.permissions import Operation
from bot.model.errors import Refused
from bot.model.priorities import Priority


class Labels:
    """Labels on the issues and pull requests of one repository."""

    def __init__(self, calls: Caller) -> None:
        self._calls = calls

    async def remove(self, number: int, name: str, *, priority: Priority) -> None:
        """Take one label off; that it is not there is fine."""
        try:
            await self._calls.send(
                Operation.LABEL_REMOVE, None, priority, issue_number=number, name=name
            )
        except Refused as refused:
            if refused.reason != NOT_FOUND:
                raise
