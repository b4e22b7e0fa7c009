"""Reviews of pull requests that runs have made, by everybody."""

from dataclasses import replace

import pytest
from hall import (
    ANN,
    BOT,
    HEAD,
    MALLORY,
    NOW,
    OLDER,
    PULL,
    about,
    actor,
    facts,
    hear,
    run,
    wait,
)

from bot.model.events import ReviewGiven, TextWritten
from bot.model.ids import RunId
from bot.model.intents import MeetReview, SendMessage
from bot.model.runs import Message, Text, Trigger
from bot.reactions import reactions_to
from bot.rules.roles import Role
from bot.rules.waiting import CI, REVIEW
from handlers import REACTIONS, reviews

OWN = run(id=RunId("01OWN"), pull=PULL.number, head=HEAD, state="parked", waits=(wait(REVIEW),))
SUGGESTION = "```suggestion\nb\n```"
BESIDE = Text(author=ANN.login, trusted=False, body=SUGGESTION, path="a.py", line=3, thread=5)
TRUSTED = (replace(BESIDE, trusted=True),)


def review(state="changes_requested", text="Please.", *, by=ANN, head=HEAD):
    return ReviewGiven(**about(PULL, by), review=9, state=state, text=text, head=head)


def decided(event, *, by=None, open_runs=(OWN,), threads=(BESIDE,), by_us=False):
    if not reviews.is_verdict(event):
        return []
    known = facts(
        reviews.Facts,
        actor=by or actor(person=event.sender),
        open_runs=open_runs,
        threads=threads,
        by_us=by_us,
    )
    return reviews.reviewed(event, known)


def told(text="Please.", *, trusted=True, texts=TRUSTED, to=OWN):
    message = Message(
        kind="review", text=text, by=ANN.login, trusted=trusted, at=NOW, texts=tuple(texts)
    )
    return SendMessage(run=to.id, message=message, key="review:9:")


def test_changes_that_are_requested_reach_the_run_with_their_lines():
    assert decided(review()) == [told()]


def test_what_a_reviewer_quotes_may_be_a_stranger_s():
    threads = [replace(BESIDE, body=f"> {SUGGESTION}")]
    assert decided(review(text="> Do it."), threads=threads) == [
        told("> Do it.", trusted=False, texts=threads)
    ]


@pytest.mark.parametrize(
    ("other", "concerned"),
    [
        (run(pull=None, waits=(wait(REVIEW),)), True),
        (run(pull=None, waits=(wait(CI),)), False),
        (run(pull=PULL.number, waits=(wait(CI),)), True),
        (run(pull=77), False),
    ],
    ids=["waits for a review", "waits for CI", "its own pull request", "another's"],
)
def test_a_review_concerns_who_waits_for_it_or_made_the_pull_request(other, concerned):
    assert bool(decided(review(), open_runs=(other,))) is concerned


def test_an_approval_counts_for_the_head_that_was_reviewed():
    assert decided(review("approved")) == [MeetReview(run=OWN.id, head=HEAD, by=ANN)]
    assert decided(review("approved", head=OLDER)) == []


@pytest.mark.parametrize("state", ["approved", "changes_requested", "commented", "dismissed"])
@pytest.mark.parametrize(
    ("by", "by_us"),
    [
        (actor(Role.TRIAGE), False),
        (actor(Role.READ, MALLORY), False),
        (actor(Role.WRITE, BOT), False),
        (actor(), True),
    ],
    ids=["triager", "stranger", "bot", "the app"],
)
def test_the_verdict_of_others_is_talk(state, by, by_us):
    assert decided(review(state, by=by.person), by=by, by_us=by_us) == []


def test_a_review_that_only_comments_does_nothing():
    assert decided(review("commented")) == []
    assert list(reactions_to(review("commented"), REACTIONS)) == []


def beside(text, *, by=ANN, **changes):
    place = {"path": "a.py", "start_line": 2, "line": 3, "thread": 5, **changes}
    return TextWritten(
        **about(PULL, by),
        where=Trigger(kind="review_comment", id=6),
        text=text,
        before=None,
        writer=by,
        **place,
    )


@pytest.mark.parametrize("words", [" use a lock", ""])
def test_a_command_on_a_line_of_the_run_s_pull_request_reaches_it_with_the_line(words):
    text = f"/gr fix{words}\n\n{SUGGESTION}"
    (sent,) = [
        each for each in hear(beside(text), open_runs=(OWN,)) if isinstance(each, SendMessage)
    ]
    assert (sent.message.kind, sent.message.trusted) == ("review", True)
    assert sent.message.texts == (
        Text(
            author=ANN.login,
            trusted=True,
            body=text,
            path="a.py",
            start_line=2,
            line=3,
            thread=5,
        ),
    )


def test_a_quote_in_such_a_comment_makes_all_of_it_a_stranger_s():
    (sent,) = [
        each
        for each in hear(beside("/gr fix it\n\nAs said:\n\n> yes"), open_runs=(OWN,))
        if isinstance(each, SendMessage)
    ]
    assert (sent.message.trusted, sent.message.texts[0].trusted) == (False, False)
