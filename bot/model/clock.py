"""What time it is, as a value that is passed in.

Nothing below the doors reads a clock.  Every process of the app gets a `Clock`
that can be moved while it runs, so that a test lives through a deadline of days
without sleeping.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """Unix time in seconds: a real clock plus an offset that may change at any moment."""

    real: Callable[[], float]
    offset: Callable[[], float] = lambda: 0.0

    def now(self) -> float:
        """Return seconds since 1970-01-01 UTC."""
        return self.real() + self.offset()
