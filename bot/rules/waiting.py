"""What a parked run may wait for, and how long."""

START = "start"
"""A person's yes to the head of a pull request, before anything runs."""

APPROVAL = "approval"
"""A person's yes to a commit of ours, before it is pushed."""

CI = "ci"
"""The checks of the head that the run has brought to GitHub."""

REVIEW = "review"
"""People's word on the run's pull request."""

ANSWER = "answer"
"""A person's answer to the agent's question."""

PLAN = "plan"
"""A person's yes to what the agent wants to do, before it may hand any change in."""

WAKES = frozenset({CI, REVIEW, ANSWER, PLAN})
"""What a run waits for that a message may end; what it delivers goes first."""

APPROVED = "approved"
"""Not a wait but the answer to one: the commit that a person said yes to."""

SHORTEST_SHA = 12
"""Digits of a commit's name that a person has to give at least: as many as we ask with.

For the seven that git shows, a laptop makes another commit that begins alike in minutes.
"""


YES = frozenset({START, APPROVAL, PLAN})
"""What a person says yes to, by the beginning of its name."""


def means(given: str, sha: str | None) -> bool:
    """Tell whether what a person wrote names a commit, or a plan."""
    return sha is not None and len(given) >= SHORTEST_SHA and sha.startswith(given.lower())
