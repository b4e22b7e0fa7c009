"""Primary rate limits: a number of requests an hour for each installation, app or person.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from dataclasses import dataclass, field

HOUR = 3600.0


@dataclass(slots=True)
class Window:
    """One hour of one bucket."""

    resets_at: float
    used: int = 0


@dataclass(slots=True)
class RateLimits:
    """The current hour of every bucket."""

    windows: dict[str, Window] = field(default_factory=dict)

    def window(self, bucket: str, now: float) -> Window:
        """Return a bucket's hour, which begins with its first request."""
        found = self.windows.get(bucket)
        if found is None or found.resets_at <= now:
            found = self.windows[bucket] = Window(now + HOUR)
        return found


def headers(window: Window, limit: int) -> dict[str, str]:
    """Return what every answer tells of the limit."""
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(max(0, limit - window.used)),
        "X-RateLimit-Reset": str(int(window.resets_at)),
        "X-RateLimit-Used": str(min(limit, window.used)),
        "X-RateLimit-Resource": "core",
    }
