"""What people see of what an agent tells: short lines, harmless, none twice in a row."""

import pytest

from bot.agents.events import (
    Entry,
    Message,
    Plan,
    Started,
    Thought,
    ToolCall,
    ToolCallUpdate,
    Turn,
    Usage,
    Waiting,
)
from bot.agents.lines import WIDEST, Lines, one_line, plain, said


def told(*events):
    lines = Lines()
    return [line for event in events for line in lines.hear(event)]


def call(title, name="c-1"):
    return ToolCall(id=name, title=title)


def failed(name="c-1", title=""):
    return ToolCallUpdate(id=name, status="failed", title=title)


def piece(text):
    return Message(text=text, whole=False)


def test_a_message_is_told_by_its_first_line_once_it_is_over():
    assert told(piece("\nI lo"), piece("ok.\nMo")) == []
    assert told(piece("\nI lo"), piece("ok.\nMo"), call("ls")) == ["I look.", "ls"]
    assert told(piece("I lo"), Message(text="ok."), Message(text="Done.")) == ["I look.", "Done."]


def test_a_message_without_an_end_is_kept_in_part():
    lines = Lines()
    for _ in range(100):
        assert not [*lines.hear(piece("x" * WIDEST))]
    assert [*lines.over(Turn())] == ["x" * (WIDEST - 1) + "…"]


def test_a_call_is_told_as_it_begins_and_again_only_where_it_has_failed():
    good = ToolCallUpdate(id="c-1", status="completed")
    assert told(call("ls\nrm"), good) == ["ls"]
    assert told(call("ls\nrm"), failed()) == ["ls", "ls: failed"]
    assert told(call("ls"), call("cat", "c-2"), failed()) == ["ls", "cat", "ls: failed"]
    assert told(call("ls"), failed(title="ls -l")) == ["ls", "ls -l: failed"]
    assert told(failed("c-9")) == ["A step: failed"]


def test_that_a_call_has_failed_is_seen_of_a_long_one_too():
    (line,) = told(failed(title="x" * 500))
    assert len(line) == WIDEST
    assert line.endswith("x…: failed")


def test_of_very_many_calls_at_once_the_first_are_forgotten():
    lines = Lines()
    for number in range(100):
        list(lines.hear(call("ls", f"c-{number}")))
    assert [*lines.hear(failed("c-0")), *lines.hear(failed("c-99"))] == [
        "A step: failed",
        "ls: failed",
    ]


def test_of_a_plan_the_entry_is_told_that_it_is_at():
    at = Entry(content="Look", status="in_progress")
    last = Entry(content="Write", status="pending")
    assert told(Plan(entries=(last, at)), Plan(entries=(at, last))) == ["Look"]
    assert told(Plan(entries=(last,)), Plan(entries=())) == []


@pytest.mark.parametrize(
    "event",
    [
        Started(session="s"),
        Thought(text="Hm."),
        Usage(tokens=3),
        Waiting(question="May I?"),
        Turn(stop="end_turn"),
        Turn(trouble="It tries again."),
    ],
)
def test_what_is_its_own_is_not_told_and_ends_a_message(event):
    assert told(event) == []
    assert told(piece("I lo"), event, piece("ok."), call("ls")) == ["I lo", "ok.", "ls"]


def test_what_went_wrong_is_told_at_the_end_once():
    lines = Lines()
    assert [*lines.hear(Message(text="It broke.")), *lines.over(Turn(trouble="No."))] == [
        "It broke.",
        "No.",
    ]
    assert not [*lines.over(Turn(trouble="No."))]


def test_a_line_is_one_and_short_whatever_is_in_it():
    assert one_line("a\nb\x1b[2J\u2028c\ud800") == "a b [2J c?"
    assert one_line("x" * 500) == "x" * (WIDEST - 1) + "…"
    assert one_line("key ghp_0123456789abcdefghij0123456789abcdef!") == "key ▇▇▇!"
    assert one_line(" \n ") == ""


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("No.", "No."),
        ('[API Error: {"error":{"message":"It is \\"over\\".","code":400}}]', 'It is "over".'),
        ('{"message": "\\q"}', '{"message": "\\q"}'),
    ],
)
def test_of_an_error_that_is_passed_on_whole_the_words_are_shown(trouble, words):
    assert said(trouble) == words
    assert plain(Turn(trouble=trouble)) == Turn(trouble=words)
