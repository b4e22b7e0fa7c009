"""What the playbook makes of what has come since its last job."""

import json

import pytest

from bot.agents.playbook.changes import Replace
from bot.agents.playbook.moves import Apply, Ask, Autofix, Check, Leave
from bot.agents.playbook.since import decide
from bot.agents.playbook.task import Message, Task, Text, read

SUGGESTED = "```suggestion\nneat\n```"


def message(kind, text="", *texts):
    return Message(kind=kind, text=text, texts=texts)


def beside(body, *, trusted=True):
    return Text(author="ann", trusted=trusted, body=body, path="a.py", line=2, start_line=1)


def todo(*messages, instruction="format"):
    return decide(Task(instruction=instruction, messages=messages))[1]


def test_without_messages_the_instruction_counts():
    assert todo() == (Autofix(), Check())


@pytest.mark.parametrize("kind", ["answer", "steer"])
def test_what_a_person_says_is_the_instruction_now(kind):
    assert todo(message("ci", "boom"), message(kind, "Run the tests")) == (Check(),)


def test_the_suggestions_of_a_review_are_applied():
    change = Replace(author="ann", path="a.py", first=1, last=2, text="neat\n")
    assert todo(message("review", "Not yet.", beside(SUGGESTED))) == (Apply((change,)), Check())


def test_suggestions_of_strangers_are_asked_about():
    (asked,) = todo(message("review", "", beside(SUGGESTED, trusted=False)))
    assert isinstance(asked, Ask)


def test_a_review_in_words_is_taken_at_its_word():
    assert todo(message("review", "", beside("Please format it."))) == (Autofix(), Check())
    (asked,) = todo(message("review", "Make it faster."))
    assert isinstance(asked, Ask)


@pytest.mark.parametrize(
    ("said", "moves"),
    [
        ("would reformat: `a.py`", (Autofix(), Check())),
        ("ruff check: F401", (Autofix(), Check())),
    ],
)
def test_red_ci_of_a_formatter_is_mended_by_it(said, moves):
    assert todo(message("ci", said), instruction="") == moves


@pytest.mark.parametrize("kind", ["ci", "refused", "push"])
def test_what_no_rule_mends_is_left_with_words(kind):
    (left,) = todo(message(kind, "assert 1 == 2"))
    assert isinstance(left, Leave)


def test_messages_are_read_from_the_brief():
    text = {"author": "ann", "trusted": True, "body": "b\r\n", "path": "a.py", "line": 2}
    text |= {"start_line": None, "thread": 5}
    sent = {"kind": "review", "text": "a\r\n", "by": "ann", "texts": [text]}
    brief = json.dumps({"instruction": "", "texts": [], "messages": [sent]})
    (found,) = read(brief).messages
    assert (found.kind, found.text, found.texts[0].body) == ("review", "a\n", "b\n")
