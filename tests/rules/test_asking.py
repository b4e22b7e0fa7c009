import pytest

from bot.model.events import TextWritten
from bot.model.facts import Question, RunNow
from bot.model.ids import InstallationId, Login, Repo, RunId, UserId
from bot.model.runs import Person, Subject, Trigger
from bot.rules.asking import answer, answered, may_answer

ANN = Person(id=UserId(1), login=Login("ann"))
BOB = Person(id=UserId(2), login=Login("bob"))
BOT = Person(id=UserId(3), login=Login("ci[bot]"), bot=True)
REPO = Repo("octo/cat")
ISSUE = Subject(repo=REPO, number=7, kind="issue")
PULL = Subject(repo=REPO, number=8, kind="pull")
COMMENT = Trigger(kind="issue_comment", id=3)


def wrote(  # noqa: PLR0913 - each is what some test is about
    text, *, subject=ISSUE, sender=ANN, writer=None, where=COMMENT, before=None, at=50.0
):
    return TextWritten(
        installation=InstallationId(7),
        sender=sender,
        at=at,
        repo=REPO,
        repo_id=5,
        subject=subject,
        title="A mess",
        body="",
        author=BOB,
        open=True,
        where=where,
        text=text,
        before=before,
        writer=writer or sender,
    )


def asking(name="01RUN", text="Which one do you **want**, @bob?", *, closed=None):
    return RunNow(
        id=RunId(name),
        agent="fix",
        subject=ISSUE,
        title="A mess",
        body="",
        author=BOB,
        instruction="",
        asked_by=ANN.login,
        asked_at=1.0,
        state="parked",
        conclusion=None,
        words="",
        changed_at=1.0,
        fork=False,
        pull=None,
        question=Question(text=text, at=40.5, closed=closed) if text else None,
    )


@pytest.mark.parametrize(
    ("event", "may"),
    [
        (wrote("The first"), True),
        (wrote("The first", before="The second"), False),
        (wrote("The first", sender=BOT), False),
        (wrote("The first", writer=BOB), False),
        (wrote("The first", where=Trigger(kind="review", id=1)), False),
    ],
    ids=["new", "edited", "a bot", "moved by another", "a review"],
)
def test_only_a_new_comment_of_a_person_may_be_an_answer(event, may):
    assert may_answer(event) is may


@pytest.mark.parametrize(
    "event",
    [
        wrote("The first"),
        wrote("The first", at=40.0),
        wrote("> Which one do you want, \N{ZERO WIDTH SPACE}@bob?\n\nThe first", at=10.0),
        wrote("@bob no.\n> > **Which one do you want**\n\nThe first"),
        wrote("> Which one do you want\n\nThe first", subject=PULL),
    ],
    ids=["below it", "in the same second", "quoting", "quoting, to another", "quoting elsewhere"],
)
def test_what_stands_below_a_question_or_quotes_it_is_an_answer(event):
    assert answered(event, [asking()]) == asking()


@pytest.mark.parametrize(
    "event",
    [
        wrote("The first", at=39.0),
        wrote("The first", subject=PULL),
        wrote("@bob what do you think?"),
        wrote("> Which"),
        wrote("> Which one do you want, bob?"),
        wrote("> one\n\n@bob do you know?"),
    ],
    ids=["before it", "elsewhere", "to another", "a word", "a quote and no more", "short quote"],
)
def test_other_talk_is_no_answer(event):
    assert answered(event, [asking()]) is None


def test_the_run_whose_question_is_quoted_is_answered_else_the_newest():
    first, last = asking("01A", "Left or right?"), asking("01B", "Up or down?")
    silent = asking("01C", None)
    assert answered(wrote("Left."), [first, last, silent]) == last
    assert answered(wrote("> Left or right?\n\nLeft."), [first, last, silent]) == first
    assert answered(wrote("> Yes?\n\nYes."), [asking(text="Yes?")]) is not None
    assert answered(wrote("> Yes?\n\nYes."), [silent]) is None


@pytest.mark.parametrize(("at", "hears"), [(50.0, True), (110.0, True), (110.1, False)])
def test_a_second_answer_counts_for_a_moment_and_one_that_quotes_always(at, hears):
    run = asking(closed=50.0)
    assert (answered(wrote("The first", at=at), [run]) is run) is hears
    assert answered(wrote("> Which one do you want\nThe first", at=at), [run]) is run


def test_of_an_answer_the_quotes_are_left_out():
    assert answer("> Which?\n>\n>> one\n\nThe first.\n\n> Why?\nBecause.\n") == (
        "The first.\n\nBecause."
    )
