"""How long one keeps trying, and how patient one is between two tries."""

MOST_JOBS = 5
"""Jobs that a run may lose to dead runners before it gives up."""

MOST_DELIVERY_TRIES = 8
"""Tries at one webhook delivery before it is set aside for a person to look at."""

MOST_FAILURES = 14
"""Failures in a row, some half an hour in all, after which a run is given up."""

JOB_GRACE = 120.0
"""Seconds beyond the agent's own time that a job may take to start, push and end."""

SETTLES = 10.0
"""Seconds after an event in which GitHub's answers may still be older than the event."""

FRESH = 60.0
"""Seconds for which a text is taken to be as an event told; then it is read again."""

DELIVERING_PATIENCE = 30 * 60.0
"""Seconds that a run may wait for GitHub to take what it delivers."""


def pause(tries: int) -> float:
    """Return the seconds to wait before the next try: 1, 2, 4 … up to five minutes."""
    return float(min(2 ** max(tries - 1, 0), 300))


def gives_up(jobs: int) -> bool:
    """Tell whether a run has lost as many jobs as it may."""
    return jobs >= MOST_JOBS
