"""Labels on an issue or pull request."""

from collections.abc import Collection

from bot.github.calls import Caller
from bot.github.errors import NOT_FOUND
from bot.github.permissions import Operation
from bot.model.errors import Refused
from bot.model.priorities import Priority


class Labels:
    """Labels on the issues and pull requests of one repository."""

    def __init__(self, calls: Caller) -> None:
        self._calls = calls

    async def on(self, number: int) -> frozenset[str]:
        """Return the names of the labels it has now."""
        pages = self._calls.pages(Operation.LABELS, issue_number=number)
        return frozenset([row["name"] async for row in pages])

    async def add(self, number: int, names: Collection[str], *, priority: Priority) -> None:
        """Put labels on; the ones it has stay."""
        await self._calls.send(
            Operation.LABELS_ADD, {"labels": sorted(names)}, priority, issue_number=number
        )

    async def remove(self, number: int, name: str, *, priority: Priority) -> None:
        """Take one label off; that it is not there is fine."""
        try:
            await self._calls.send(
                Operation.LABEL_REMOVE, None, priority, issue_number=number, name=name
            )
        except Refused as refused:
            if refused.reason != NOT_FOUND:
                raise
