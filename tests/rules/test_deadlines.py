"""When people are reminded, and what is said when time is over."""

from dataclasses import replace

import pytest

from bot.model.facts import Waiting
from bot.model.ids import Login, Repo, RunId, Sha
from bot.model.runs import Subject
from bot.rules.deadlines import A_DAY, last_words, reminder, reminder_marker, reminds_at
from bot.rules.lifecycle import Run
from bot.rules.sections import ci_marks, placed
from bot.rules.wording import RunView

VIEW = RunView(
    id=RunId("01J"),
    agent="fix",
    subject=Subject(repo=Repo("octo/cat"), number=7, kind="issue"),
    asked_by=Login("ann"),
    state=Run.PARKED,
    conclusion=None,
    words="",
    steps=(),
    started_at=0.0,
    changed_at=0.0,
    pull=9,
    head=None,
    said="",
)
CALL = "@ann, **fix** still waits for a review."


def wait(reason, days):
    return Waiting(reason=reason, about=None, since=1000.0, deadline=1000.0 + days * A_DAY)


@pytest.mark.parametrize(("days", "after"), [(14, 13), (1, 0.5), (2, 1)])
def test_the_reminder_comes_a_day_before_or_at_half_time(days, after):
    assert reminds_at(wait("review", days)) == 1000.0 + after * A_DAY


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("ci", "CI has not ended in 14 days."),
        ("review", "Nobody has reviewed it in 14 days."),
        ("answer", "Nobody has answered in 14 days."),
        ("plan", "Nobody has said yes to the plan in 14 days."),
    ],
)
def test_last_words(reason, words):
    assert last_words(wait(reason, 14)) == words


def test_a_reminder_calls_who_asked():
    review = wait("review", 14)
    assert reminder(VIEW, review, review.deadline - A_DAY).split("\n") == [
        reminder_marker(VIEW.id, review),
        f"{CALL} It ends in 24 hours without; `/gr stop` ends it now.",
    ]


def test_a_reminder_of_a_plan_says_how_to_say_yes_to_it():
    plan = replace(wait("plan", 14), about=Sha("a" * 40))
    told = f"@ann, **fix** still waits for a yes to its plan: `/gr approve {'a' * 12}`."
    assert reminder(VIEW, plan, plan.deadline - A_DAY).split("\n") == [
        reminder_marker(VIEW.id, plan),
        f"{told} It ends in 24 hours without; `/gr stop` ends it now.",
    ]


MARKS = ci_marks(RunId("01J"))
OURS = f"{MARKS[0]}\nnew\n{MARKS[1]}"


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("Theirs.\n", f"Theirs.\n\n{OURS}"),
        (f"a\n{MARKS[0]}\nold\n{MARKS[1]}\nb", f"a\n{OURS}\nb"),
        (f"a\n{MARKS[0]}\nold", f"a\n{MARKS[0]}\nold\n\n{OURS}"),
        (f"{MARKS[1]} a", f"{MARKS[1]} a\n\n{OURS}"),
    ],
    ids=["none yet", "there", "cut off", "only the end"],
)
def test_a_section_takes_its_place_and_no_more(body, after):
    assert placed(body, MARKS, "new") == after
