from itertools import product

import pytest

from bot.rules.delivering import Next, Wished, next_step

STATES = {
    "none": None,
    "on its way": Wished(made=False, refused=None),
    "made": Wished(made=True, refused=None),
    "refused": Wished(made=False, refused="Not here."),
}
FAIL, PUSH, OPEN, WAIT, DONE = Next.FAIL, Next.PUSH, Next.OPEN, Next.WAIT, Next.SUCCEED

# By the branch, then by the pull request in the order of STATES.
DELIVERED = {
    "none": [PUSH, PUSH, PUSH, FAIL],
    "on its way": [WAIT, WAIT, DONE, FAIL],
    "made": [OPEN, WAIT, DONE, FAIL],
    "refused": [FAIL, FAIL, FAIL, FAIL],
}
ROWS = [
    (branch, pull, step)
    for branch, row in DELIVERED.items()
    for pull, step in zip(STATES, row, strict=True)
]
PULLS = [("pull_request",), ("pull_request", "comment"), ("noop", "pull_request")]
ENDS = {
    (): Next.END_WITH_NOTHING,
    ("noop",): Next.END_WITH_NOTHING,
    ("missing_tool",): Next.END_WITH_NOTHING,
    ("comment",): Next.END_WITH_WORDS,
    ("noop", "comment"): Next.END_WITH_WORDS,
}


def test_the_table_has_every_pair():
    assert {(branch, pull) for branch, pull, _ in ROWS} == set(product(STATES, STATES))


@pytest.mark.parametrize("asked", PULLS, ids=str)
@pytest.mark.parametrize(("branch", "pull", "step"), ROWS)
def test_a_pull_request_follows_its_branch(asked, branch, pull, step):
    assert next_step(asked, STATES[branch], STATES[pull], late=False) is step


@pytest.mark.parametrize("asked", PULLS, ids=str)
@pytest.mark.parametrize(("branch", "pull", "step"), ROWS)
def test_only_waiting_comes_to_an_end_with_time(asked, branch, pull, step):
    late = Next.EXPIRE if step is WAIT else step
    assert next_step(asked, STATES[branch], STATES[pull], late=True) is late


@pytest.mark.parametrize(("asked", "step"), ENDS.items(), ids=str)
def test_who_asked_for_no_pull_request_waits_for_none(asked, step):
    for branch, pull, late in product(STATES, STATES, [False, True]):
        expected = FAIL if "refused" in {branch, pull} else step
        assert next_step(asked, STATES[branch], STATES[pull], late=late) is expected
