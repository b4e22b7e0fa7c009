from itertools import product

import pytest

from bot.model.ids import Sha
from bot.rules.delivering import (
    GiveUp,
    GoOn,
    Moved,
    Next,
    Standing,
    Wished,
    after_move,
    gone,
    moved,
    needs_yes,
    next_step,
    taken,
)

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


THEIRS = Sha("abcdef0123" * 4)


def after(head=THEIRS, *, kept=True, handoffs=0):
    now = Moved(branch="to`pic", head=head, kept=kept)
    return after_move(now, handoffs=handoffs, most=2, prefix="gr")


@pytest.mark.parametrize(("handoffs", "turn"), [(0, "1 of 2"), (1, "2 of 2")])
def test_work_goes_onto_what_was_pushed_as_often_as_a_run_may_go_on(handoffs, turn):
    step = after(handoffs=handoffs)
    assert isinstance(step, GoOn)
    assert step.head == THEIRS
    assert step.told.endswith(f"`abcdef012` meanwhile; going on from there ({turn})")
    assert step.message.startswith("Somebody has pushed `abcdef012` while you worked")


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({"handoffs": 2}, "`to'pic` has moved on again"),
        ({"kept": False}, "`to'pic` was rewritten"),
        ({"kept": False, "handoffs": 2}, "`to'pic` was rewritten"),
        ({"head": None}, "The branch `to'pic` is gone."),
    ],
)
def test_work_is_never_put_onto_what_was_rewritten_and_not_for_ever(now, words):
    step = after(**now)
    assert isinstance(step, GiveUp)
    assert step.words.startswith(words)


def test_each_refusal_of_a_push_has_words_of_its_own():
    said = [each("a`b") for each in (moved, taken, gone)]
    assert len(set(said)) == 3
    assert all("`a'b`" in each for each in said)
