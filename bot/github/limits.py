"""How fast GitHub may be asked, and what its answers say about going on.

GitHub shows only the primary limit in headers; the secondary limits must be kept
by knowing them.  This module is the arithmetic, `lanes` does the waiting.  The
numbers hold for one process: replicas that share an installation share its limits.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from http import HTTPStatus

FALLBACK = 60.0
"""Seconds to wait when GitHub names none; doubled at each refusal in a row.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

LONGEST = 15 * 60.0
"""Seconds: the cap on that doubling."""

SKEW = 1.0
"""Seconds added to a reset time, which GitHub gives in whole seconds of its own clock."""


BURST = 20
"""Writes that may go one right after another when there were none for a while."""

TICK = 0.001
"""Seconds: what is owed below it is let go, or rounding would make a wait endless."""


class Pace(Enum):
    """What kind of request it is, for the limits.

    `CONTENT` is what notifies people: new comments, reviews, issues, pull requests.
    """

    READ = auto()
    TOKEN = auto()
    WRITE = auto()
    CONTENT = auto()

    @property
    def serial(self) -> bool:
        """Whether such requests go one at a time."""
        return self in {Pace.WRITE, Pace.CONTENT}


@dataclass(slots=True)
class Bucket:
    """A budget that fills again: in any span of T seconds at most `size + rate * T` is taken."""

    size: float
    rate: float
    level: float = field(init=False)
    at: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.level = self.size

    def delay(self, now: float, cost: float) -> float:
        """Return the seconds until `cost` is there, 0 when it is there within a tick."""
        seconds = (cost - self._level(now)) / self.rate
        return seconds if seconds > TICK else 0.0

    def take(self, now: float, cost: float) -> None:
        """Take `cost`, which `delay` has just said is there."""
        self.level = self._level(now) - cost
        self.at = now

    def _level(self, now: float) -> float:
        self.at = min(self.at, now)  # a clock that was set back must not stop the filling
        return min(self.size, self.level + self.rate * (now - self.at))


class Budget:
    """What one installation may still send, as buckets.

    GitHub: 900 points a minute (a read is 1, a write 5), 80 requests that create content
    a minute, 500 an hour, 2,000 tokens an hour; writes at least a second apart.
    Octokit's throttling plugin keeps those that notify three seconds apart.  The bursts let
    several people be answered at once after a quiet minute, and stay under all of these.
    """

    def __init__(self) -> None:
        points = Bucket(size=300, rate=10)  # 300 + 600 = 900 a minute
        writes = Bucket(size=BURST, rate=1)
        minute = Bucket(size=BURST, rate=1 / 3)  # 20 + 20 of 80 a minute
        hour = Bucket(size=140, rate=0.1)  # 140 + 360 = 500 an hour
        tokens = Bucket(size=200, rate=0.5)  # 200 + 1,800 = 2,000 an hour
        self._costs: Mapping[Pace, tuple[tuple[Bucket, float], ...]] = {
            Pace.READ: ((points, 1),),
            Pace.TOKEN: ((points, 5), (tokens, 1)),
            Pace.WRITE: ((points, 5), (writes, 1)),
            Pace.CONTENT: ((points, 5), (writes, 1), (minute, 1), (hour, 1)),
        }

    def delay(self, now: float, pace: Pace) -> float:
        """Return the seconds until one request of this pace may go."""
        return max(bucket.delay(now, cost) for bucket, cost in self._costs[pace])

    def take(self, now: float, pace: Pace) -> None:
        """Count one request of this pace."""
        for bucket, cost in self._costs[pace]:
            bucket.take(now, cost)


@dataclass(slots=True)
class Hold:
    """How long GitHub has told us to keep still.

    Attributes:
        until: Unix time before which nothing may be sent.
        strikes: refusals in a row that named no time.
    """

    until: float = 0.0
    strikes: int = 0

    def delay(self, now: float) -> float:
        """Return the seconds still to wait, 0 when there is nothing to wait for."""
        return max(0.0, self.until - now)

    def answered(self, now: float, headers: Mapping[str, str]) -> None:
        """Note an answer that was no refusal; the last one before the limit holds too."""
        if now >= self.until:
            self.strikes = 0
        if (reset := _exhausted_until(headers)) is not None:
            self.until = max(self.until, reset + SKEW)

    def refused(self, now: float, headers: Mapping[str, str]) -> float:
        """Note a refusal for a limit, and return the seconds to wait.

        In GitHub's order: `Retry-After`, else the reset time when nothing remains, else a
        minute, doubled each time.  Answers to requests that were already under way when
        the first refusal came count as one.
        """
        if (seconds := _number(headers, "retry-after")) is not None:
            until = now + seconds
        elif (reset := _exhausted_until(headers)) is not None:
            until = reset + SKEW
        elif now < self.until:
            until = self.until
        else:
            until = now + min(FALLBACK * 2**self.strikes, LONGEST)
            self.strikes += 1
        self.until = max(self.until, until)
        return self.delay(now)


def is_limit(status: int, headers: Mapping[str, str], message: str) -> bool:
    """Tell a limit from a lack of permission: GitHub answers 403 for both, or 429."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    return status == HTTPStatus.FORBIDDEN and (
        "retry-after" in headers
        or _exhausted_until(headers) is not None
        or "rate limit" in message.lower()
        or "abuse detection" in message.lower()
    )


def is_graphql_limit(kind: str, message: str) -> bool:
    """Tell a limit from another error in an answer of GraphQL, whose status is 200 for both.

    https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
    """
    return kind == "RATE_LIMITED" or "rate limit" in message.lower()


def _exhausted_until(headers: Mapping[str, str]) -> float | None:
    if headers.get("x-ratelimit-remaining") != "0":
        return None
    return _number(headers, "x-ratelimit-reset")


def _number(headers: Mapping[str, str], name: str) -> float | None:
    text = headers.get(name, "")
    return float(text) if text.isdecimal() else None
