"""When the check run of a run that waits is completed, and another one takes its place.

GitHub takes a check run for stale that is not completed after fourteen days, and a run may
wait for longer.

https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/about-status-checks#check-statuses-and-conclusions
"""

LASTS = 12 * 24 * 3600.0
"""Seconds after which a waiting run's check run is completed; it began before the waiting did."""

WORDS = "Still waiting"


def rounds(since: float, now: float) -> int:
    """Count the check runs that are due to have been completed since a run began to wait."""
    return max(int((now - since) // LASTS), 0)


def next_round_at(since: float, now: float) -> float:
    """Return the Unix time at which the next one is."""
    return since + (rounds(since, now) + 1) * LASTS
