"""Answers to agents' questions, by everybody, in every way."""

from dataclasses import replace

import pytest
from hall import (
    ANN,
    BOT,
    CONFIG,
    ISSUE,
    MALLORY,
    NOW,
    OURS,
    PULL,
    WRITTEN,
    actor,
    comment,
    facts,
    hear,
    no,
    recorded,
    replied,
    run,
)

from bot.model.facts import Question
from bot.model.ids import RunId
from bot.model.intents import React, SendMessage
from bot.model.runs import Message
from bot.rules.reading import grammar_of, read
from bot.rules.roles import Role
from handlers import answers

SEEN = React(installation=OURS, subject=ISSUE, trigger=WRITTEN, content="+1")
ASKING = run(
    state="parked",
    question=Question(text="Which one do you want?", at=NOW - 60),
    asked_by_id=ANN.id,
)
TRIAGER = actor(Role.TRIAGE)
STRANGER = actor(Role.READ, MALLORY)
ASKER = actor(Role.READ)
QUOTE = "> Which one do you want?\n\nThe first"


def told(  # noqa: PLR0913 - each is what some test is about
    text="The first", *, by=TRIAGER, kind="answer", key="", to=ASKING, trusted=False
):
    message = Message(kind=kind, text=text, by=by.person.login, trusted=trusted, at=NOW)
    return SendMessage(run=to.id, message=message, key=f"issue_comment:31:{key}")


def below(text, *, by=TRIAGER, asking=(ASKING,), **more):
    event = comment(text, by.person, **more)
    if not answers.may_answer(event):
        return []
    said = read(event, grammar_of(CONFIG))
    known = facts(
        answers.Facts, commands=said, actor=by, asking=asking, open_runs=asking, by_us=False
    )
    return answers.replied(event, known)


def by_command(text, *, by=TRIAGER, open_runs=(ASKING,)):
    return hear(comment(text, by.person), actor=by, open_runs=open_runs)


@pytest.mark.parametrize("text", ["The first", QUOTE])
@pytest.mark.parametrize("by", [TRIAGER, ASKER], ids=["triager", "who asked for the run"])
def test_a_plain_reply_is_an_answer(text, by):
    assert below(text, by=by) == [
        recorded("answer", "asker" if by is ASKER or by.person == ANN else "allowed", by=by),
        told(by=by),
        SEEN,
    ]


def test_an_answer_of_a_writer_is_an_instruction_and_of_others_is_not():
    writer = actor(Role.WRITE)
    assert told(by=writer, trusted=True) in below("The first", by=writer)
    assert told(by=ASKER, trusted=False) in below("The first", by=ASKER)


def test_a_stranger_who_quotes_the_question_is_told_no_and_one_who_talks_is_not():
    assert below(QUOTE, by=STRANGER) == no(
        "answer", "role", "`answer` needs triage access to this repository.", by=STRANGER
    )
    assert below("The first", by=STRANGER) == []


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("/gr status", {}),
        ("@mallory what do you think?", {}),
        ("The first", {"asking": ()}),
        ("The first", {"subject": PULL}),
        ("The first", {"before": "The second"}),
        ("The first", {"by": actor(Role.NONE, BOT)}),
    ],
    ids=["a command", "to another", "nobody asks", "elsewhere", "an edit", "a bot"],
)
def test_other_texts_answer_nothing(text, more):
    assert below(text, **more) == []


def test_what_the_app_itself_writes_answers_nothing():
    known = facts(answers.Facts, by_us=True, asking=(ASKING,), open_runs=(ASKING,))
    assert answers.replied(comment("The first"), known) == []


@pytest.mark.parametrize("by", [TRIAGER, ASKER], ids=["triager", "who asked for the run"])
def test_the_verb_answers_what_waits(by):
    assert by_command("/gr answer The first", by=by)[1:] == [
        told(by=by, key=f"{NOW:.0f}:The first"),
        SEEN,
    ]


def test_a_stranger_may_not_answer():
    assert by_command("/gr answer The first", by=STRANGER) == no(
        "answer", "role", "`answer` needs triage access to this repository.", by=STRANGER
    )


def test_the_newest_run_that_asks_is_answered_and_where_none_asks_the_newest_is_told():
    other = run(id=RunId("01SECOND"), agent="tidy")
    key = f"{NOW:.0f}:Left"
    assert told("Left", key=key) in by_command("/gr answer Left", open_runs=(ASKING, other))
    writer = actor(Role.WRITE)
    late = told("Left", by=writer, trusted=True, kind="steer", key=key, to=other)
    assert late in by_command("/gr answer Left", by=writer, open_runs=(run(), other))


def test_what_answers_no_question_steers_a_run_and_is_for_who_may_start_its_agent():
    *_, refusal = by_command("/gr answer Left", open_runs=(run(),))
    assert refusal.words == "`fix` needs write access to this repository."
    closed = replace(ASKING, question=replace(ASKING.question, closed=NOW - 1))
    key = f"{NOW:.0f}:Left"
    late = told("Left", kind="steer", key=key, to=closed)
    assert late in by_command("/gr answer Left", open_runs=(closed,))


def test_who_asked_for_one_run_answers_no_question_of_another():
    mine = replace(ASKING, id=RunId("01MINE"), asked_by_id=MALLORY.id)
    both = {"by": STRANGER, "open_runs": (mine, ASKING)}
    key = f"{NOW:.0f}:The first"
    assert told(by=STRANGER, key=key, to=mine) in by_command("/gr answer The first", **both)
    closed = replace(mine, question=replace(mine.question, closed=NOW - 1))
    sent = by_command("/gr answer x", by=STRANGER, open_runs=(ASKING, closed))
    assert not any(isinstance(each, SendMessage) for each in sent)
    assert below(QUOTE, by=STRANGER, asking=(mine, ASKING)) == no(
        "answer", "role", "`answer` needs triage access to this repository.", by=STRANGER
    )


@pytest.mark.parametrize(
    ("text", "open_runs", "words"),
    [
        ("/gr answer The first", (), "No run waits for an answer here."),
        ("/gr answer", (ASKING,), "Write the answer behind `answer`."),
    ],
)
def test_an_answer_needs_a_question_and_words(text, open_runs, words):
    assert by_command(text, open_runs=open_runs)[-1] == replied(words)


def test_words_that_are_quoted_in_an_answer_make_it_somebody_else_s():
    writer = actor(Role.WRITE)
    sent = by_command("/gr answer this:\n> all of it", by=writer)
    assert [each.message.trusted for each in sent if isinstance(each, SendMessage)] == [False]


@pytest.mark.parametrize("asks", [True, False])
def test_an_agent_that_is_at_work_is_told_what_is_said_to_it(asks):
    told_since = replace(ASKING.question, closed=NOW - 1)
    at_work = ASKING if asks else replace(ASKING, question=told_since)
    sent = by_command("/gr fix the other one", by=actor(Role.WRITE), open_runs=(at_work,))
    kind = "answer" if asks else "steer"
    assert [each.message.kind for each in sent if isinstance(each, SendMessage)] == [kind]
