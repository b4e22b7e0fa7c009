from itertools import product

import pytest

from bot.rules.delivering import Next, Standing, Wished, needs_yes, next_step

STATES = {
    "none": None,
    "on its way": Wished(made=False, refused=None),
    "made": Wished(made=True, refused=None),
    "refused": Wished(made=False, refused="Not here."),
}
FAIL, SEAL, OPEN, WAIT, DONE = Next.FAIL, Next.SEAL, Next.OPEN, Next.WAIT, Next.SUCCEED

# By the branch, then by the pull request in the order of STATES.
DELIVERED = {
    "none": [SEAL, SEAL, SEAL, FAIL],
    "on its way": [WAIT, WAIT, DONE, FAIL],
    "made": [OPEN, WAIT, DONE, FAIL],
    "refused": [FAIL, FAIL, FAIL, FAIL],
}
PUSHED = {"none": SEAL, "on its way": WAIT, "made": DONE, "refused": FAIL}
ROWS = [
    (branch, pull, step)
    for branch, row in DELIVERED.items()
    for pull, step in zip(STATES, row, strict=True)
]
PULLS = [("pull_request",), ("pull_request", "comment"), ("noop", "question", "pull_request")]
ENDS = {
    (): Next.END_WITH_NOTHING,
    ("noop",): Next.END_WITH_NOTHING,
    ("missing_tool",): Next.END_WITH_NOTHING,
    ("comment",): Next.END_WITH_WORDS,
    ("noop", "comment"): Next.END_WITH_WORDS,
    ("question", "comment"): Next.END_WITH_QUESTION,
    ("question",): Next.END_WITH_QUESTION,
    ("question", "noop"): Next.END_WITH_QUESTION,
    ("plan",): Next.END_WITH_PLAN,
    ("plan", "question"): Next.END_WITH_PLAN,
    ("pull_request", "plan"): Next.END_WITH_PLAN,
}


def step(asked, branch="none", pull="none", **more):
    return next_step(Standing(asked=asked, branch=STATES[branch], pull=STATES[pull], **more))


def test_the_table_has_every_pair():
    assert {(branch, pull) for branch, pull, _ in ROWS} == set(product(STATES, STATES))


@pytest.mark.parametrize("asked", PULLS, ids=str)
@pytest.mark.parametrize(("branch", "pull", "expected"), ROWS)
def test_a_pull_request_follows_its_branch(asked, branch, pull, expected):
    assert step(asked, branch, pull) is expected


@pytest.mark.parametrize("asked", PULLS, ids=str)
@pytest.mark.parametrize(("branch", "pull", "expected"), ROWS)
def test_only_waiting_comes_to_an_end_with_time(asked, branch, pull, expected):
    late = Next.EXPIRE if expected is WAIT else expected
    assert step(asked, branch, pull, late=True) is late


@pytest.mark.parametrize(("branch", "expected"), PUSHED.items())
@pytest.mark.parametrize("late", [False, True])
def test_a_push_is_done_with_its_branch(branch, expected, late):
    over = Next.EXPIRE if late and expected is WAIT else expected
    assert step(("push", "comment"), branch, late=late) is over


@pytest.mark.parametrize("asked", [*PULLS, ("push",)], ids=str)
def test_nothing_is_pushed_while_a_person_is_asked(asked):
    assert step(asked, unanswered=True) is Next.WAIT_FOR_YES
    assert step(asked, unanswered=True, late=True) is Next.GIVE_UP_YES
    assert step(asked, "on its way", unanswered=True) is WAIT


@pytest.mark.parametrize(("asked", "expected"), ENDS.items(), ids=str)
def test_who_asked_for_no_change_waits_for_none(asked, expected):
    for branch, pull, late in product(STATES, STATES, [False, True]):
        end = FAIL if "refused" in {branch, pull} else expected
        assert step(asked, branch, pull, late=late) is end


@pytest.mark.parametrize(
    ("strangers", "ci", "needed"),
    [
        (True, "approve", True),
        (False, "approve", False),
        (True, "auto", False),
        (False, "auto", False),
    ],
)
def test_a_push_needs_a_yes_where_strangers_had_a_word(strangers, ci, needed):
    assert needs_yes(strangers=strangers, ci=ci) is needed
