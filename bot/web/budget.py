"""Strangers cannot fill the memory: all bodies that are being read share one number of bytes.

Bytes are counted as they come.  Who only announces a large body, or sends it slowly, takes
nothing from others.
"""

from types import TracebackType
from typing import Self

from bot.model.errors import Unavailable

SMALL = 1 << 16
"""Bytes of each body that are not counted: aiohttp's buffers of a connection hold as many anyway,
and a small delivery gets in however much of the budget is taken."""

AGAIN = 10.0
"""Seconds to wait for room; none of what takes it now is read for longer."""


class Budget:
    """Bytes that the bodies of all requests may have in memory.

    Attributes:
        left: how many nobody has taken.
    """

    def __init__(self, size: int) -> None:
        self.left = size


class Share:
    """What one request has taken of the budget; leaving the block gives it back."""

    __slots__ = ("_budget", "_covered")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._covered = SMALL

    def __enter__(self) -> Self:
        return self

    def cover(self, size: int) -> None:
        """Take what is missing for a body that has come to `size` bytes.

        Raises:
            Unavailable: `memory`, when so much is not left.
        """
        more = size - self._covered
        if more <= 0:
            return
        if more > self._budget.left:
            raise Unavailable("memory", "too many large bodies at once", retry_after=AGAIN)
        self._budget.left -= more
        self._covered = size

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._budget.left += self._covered - SMALL
