"""GitHub's timestamps, as the Unix seconds that the app counts in."""

from datetime import UTC, datetime


def unix(stamp: str) -> float:
    """Return the Unix time of an ISO 8601 stamp such as `2026-01-31T12:00:00Z`."""
    return datetime.fromisoformat(stamp).timestamp()


def stamp(seconds: float) -> str:
    """Return the ISO 8601 stamp in UTC that GitHub takes, in whole seconds."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
