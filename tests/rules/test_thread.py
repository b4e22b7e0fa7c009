import pytest

from bot.model.ids import Login, UserId
from bot.model.runs import Person, Text, Trigger
from bot.rules.thread import (
    MOST_CHARACTERS,
    MOST_TEXT,
    MOST_TEXTS,
    Chosen,
    Said,
    choose,
    readable,
    resolved,
    texts,
)

ANN = Person(id=UserId(1), login=Login("ann"))
BOB = Person(id=UserId(2), login=Login("bob"))
ASKED = Trigger(kind="issue_comment", id=50)
LABEL = Trigger(kind="label")


def said(number, **changes):
    good = {"kind": "issue_comment", "author": BOB, "ours": False, "at": 100.0 + number}
    values = {**good, "id": number, "body": f"text {number}", **changes}
    return Said(**{"edited": values["at"], **values})


def numbers(chosen):
    return [each.id for each in chosen.kept]


def test_what_was_said_before_is_kept_oldest_first():
    chosen = choose([said(3), said(1), said(2)], LABEL, 200.0)
    assert (numbers(chosen), chosen.edited, chosen.spared) == ([1, 2, 3], (), 0)


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, True),
        ({"ours": True}, False),
        ({"body": " \n"}, False),
        ({"at": 200.0}, False),
        ({"at": 201.0}, False),
        ({"edited": None}, True),
        ({"author": None}, True),
    ],
)
def test_what_came_later_what_is_ours_and_what_is_empty_is_left_out(changes, kept):
    chosen = choose([said(1, **changes)], LABEL, 200.0)
    assert numbers(chosen) == ([1] if kept else [])
    assert chosen.edited == ()


@pytest.mark.parametrize("edited", [200.0, 201.0])
def test_what_was_edited_since_is_left_out_and_named(edited):
    chosen = choose([said(1, edited=edited), said(2, edited=150.0)], LABEL, 200.0)
    assert (numbers(chosen), chosen.edited) == ([2], ("bob",))


@pytest.mark.parametrize(("edited", "kept"), [(200.0, [50]), (201.0, [])])
def test_the_text_that_asked_is_kept_although_it_is_as_new_as_the_question(edited, kept):
    assert numbers(choose([said(50, at=200.0, edited=edited)], ASKED, 200.0)) == kept


def test_of_many_the_newest_are_kept_and_the_one_that_asked():
    many = [said(number) for number in range(1, MOST_TEXTS + 20)]
    chosen = choose(many, Trigger(kind="issue_comment", id=1), 1000.0)
    assert numbers(chosen) == [1, *range(21, MOST_TEXTS + 20)]
    assert chosen.spared == 19


def test_of_long_ones_only_so_many_characters_are_kept():
    long = [said(number, body="x" * MOST_TEXT * 2) for number in range(1, 9)]
    chosen = choose(long, LABEL, 1000.0)
    room = MOST_CHARACTERS // MOST_TEXT - 1
    assert (numbers(chosen), chosen.spared) == ([*range(9 - room, 9)], 8 - room)


def test_an_agent_is_shown_who_wrote_what_and_who_may_write_here():
    review = said(2, author=ANN, kind="review_comment", path="a.py", start_line=1, line=2)
    chosen = Chosen(kept=(said(1, body="a\u200bb"), review), edited=(), spared=0)
    description = Text(author=Login("bob"), trusted=False, body="It hangs.")
    shown, left_out = texts(description, chosen, {ANN})
    assert shown == [
        description,
        Text(author=Login("bob"), trusted=False, body="a⟨U+200B⟩b"),
        Text(author=Login("ann"), trusted=True, body="text 2", path="a.py", start_line=1, line=2),
    ]
    assert left_out == []


def test_a_review_that_may_have_been_edited_is_shown_only_from_who_may_write():
    reviews = (said(1, kind="review", edited=None), said(2, edited=None, author=ANN))
    shown, left_out = texts(None, Chosen(kept=reviews, edited=(), spared=0), {ANN})
    assert [text.body for text in shown] == ["text 2"]
    assert left_out == ["A review by bob, who may not write here: GitHub does not tell of edits."]


def test_an_agent_is_told_what_it_is_not_shown():
    ghost = said(1, author=None)
    _, left_out = texts(None, Chosen(kept=(), edited=(ghost.login, Login("bob")), spared=3), ())
    assert left_out == [
        "What ghost wrote and edited after the agent was asked for.",
        "What bob wrote and edited after the agent was asked for.",
        "3 older comments.",
    ]


def test_a_long_text_is_cut_before_it_is_read_and_after():
    assert len(readable("x" * 60_000)) <= MOST_TEXT
    assert len(readable("\u200b" * 60_000)) <= MOST_TEXT


@pytest.mark.parametrize(
    ("comments", "told"),
    [
        (0, []),
        (1, ["One comment of threads that were resolved."]),
        (2, ["2 comments of threads that were resolved."]),
    ],
)
def test_resolved_threads_are_counted(comments, told):
    assert resolved(comments) == told
