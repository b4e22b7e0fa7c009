"""Turns at something that everybody shares: some at once, the others one after another."""

FORGOTTEN = 60.0
"""Seconds after which a turn that nobody took is given up."""


class Turns:
    """Spreads what comes in bursts.

    Whoever has to wait is told once until when: a thousand that come together each have a
    moment of their own, and do not all ask again at the next one.

    Args:
        spacing: seconds between two turns of the same key, when there are many.
        at_once: turns without that spacing.
    """

    def __init__(self, spacing: float, at_once: int) -> None:
        self._spacing = spacing
        self._ahead = (at_once - 1) * spacing
        self._free: dict[object, float] = {}
        self._turns: dict[object, float] = {}

    def wait(self, key: object, who: object, now: float) -> float:
        """Return the seconds until it is somebody's turn; with 0 it is now, and is taken."""
        if who not in self._turns:
            self._forget(now)
            free = max(self._free.get(key, now), now)
            self._free[key] = free + self._spacing
            self._turns[who] = free - self._ahead
        if (soon := self._turns[who] - now) > 0:
            return soon
        del self._turns[who]
        return 0.0

    def _forget(self, now: float) -> None:
        self._free = {key: free for key, free in self._free.items() if free > now}
        late = now - FORGOTTEN
        self._turns = {who: turn for who, turn in self._turns.items() if turn > late}
