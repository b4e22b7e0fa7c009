"""Which write to GitHub goes first, where GitHub lets us make only so many."""

from enum import IntEnum


class Priority(IntEnum):
    """The order of writes that wait for one installation: the smallest goes first."""

    ACKNOWLEDGE = 0
    RESULT = 1
    PROGRESS = 2
    REFUSAL = 3
