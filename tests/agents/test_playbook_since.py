"""What the playbook makes of what has come since its last job."""

import json

import pytest

from bot.agents.playbook.changes import Replace
from bot.agents.playbook.moves import LEAVE, THEIRS, Apply, Ask, Autofix, Check, Keep, Leave
from bot.agents.playbook.since import AGAIN, HAND_IN, NOTHING, decide
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


@pytest.mark.parametrize("kind", ["ci", "refused"])
def test_what_no_rule_mends_is_left_with_words(kind):
    (left,) = todo(message(kind, "assert 1 == 2"))
    assert isinstance(left, Leave)


def test_work_that_a_push_has_overtaken_is_kept_checked_and_handed_in():
    assert todo(message("push")) == (Keep(otherwise=NOTHING), Check())
    helpless, _ = todo(message("push"), message("ci", "assert 1 == 2"))
    assert helpless.otherwise.startswith("CI fails, and I know no tool")
    now, _ = decide(Task(messages=(message("push"),)))
    assert now.instruction == HAND_IN


def test_what_is_said_comes_on_top_of_work_that_a_push_has_overtaken():
    said = message("steer", "format it")
    assert todo(message("push"), said) == (Keep(), Autofix(), Check())
    ci = message("ci", "would reformat a.py")
    assert todo(message("push"), ci) == (Keep(), Autofix(), Check())
    (asked,) = todo(message("push"), message("steer", "make it faster"))
    assert isinstance(asked, Ask)


@pytest.mark.parametrize(("more", "anyway"), [("", False), (" although the tests fail", True)])
def test_that_work_is_handed_in_as_it_is_when_a_person_says_so(more, anyway):
    assert todo(message("answer", f"{HAND_IN}{more}")) == (Keep(), Check(anyway=anyway))


def test_work_that_does_not_fit_onto_a_push_is_a_question():
    (asked,) = todo(message("review", "Not yet."), message("conflict", "Both sides."))
    assert asked.choices == (THEIRS, AGAIN, LEAVE)


def test_each_answer_to_that_question_is_understood():
    conflict = message("conflict", "Both sides.")
    assert todo(conflict, message("answer", AGAIN)) == (Autofix(), Check())
    for words in (THEIRS, LEAVE):
        (left,) = todo(conflict, message("answer", words))
        assert isinstance(left, Leave)


@pytest.mark.parametrize("kind", ["continue", "plan"])
def test_the_task_is_done_again_when_it_goes_on(kind):
    assert todo(message("answer", "Run the tests"), message(kind, "So far.")) == (
        Autofix(),
        Check(),
    )


def test_messages_are_read_from_the_brief():
    text = {"author": "ann", "trusted": True, "body": "b\r\n", "path": "a.py", "line": 2}
    text |= {"start_line": None, "thread": 5}
    sent = {"kind": "review", "text": "a\r\n", "by": "ann", "texts": [text]}
    brief = json.dumps({"instruction": "", "texts": [], "messages": [sent]})
    (found,) = read(brief).messages
    assert (found.kind, found.text, found.texts[0].body) == ("review", "a\n", "b\n")
