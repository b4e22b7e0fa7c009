"""Times as GitHub writes them."""

from datetime import UTC, datetime


def iso(seconds: float) -> str:
    """Return `2026-11-23T06:45:12Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def maybe_iso(seconds: float | None) -> str | None:
    """Return the same, or None for what has not happened."""
    return None if seconds is None else iso(seconds)


def precise(seconds: float) -> str:
    """Return the time with microseconds, as the log of deliveries has it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parsed(text: str) -> float:
    """Return unix seconds of an ISO 8601 time.

    Raises:
        ValueError: it is none.
    """
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
