"""What the playbook makes of several turns, and of plans."""

from dataclasses import replace

import pytest

from bot.agents.playbook.changes import Patch, Replace
from bot.agents.playbook.moves import FORMAT, Apply, Ask, Autofix, Check, Keep, Leave, Propose
from bot.agents.playbook.proposal import MOST_SHOWN, proposed, says
from bot.agents.playbook.task import Message, Task, Text
from bot.agents.playbook.turns import Past, decide
from bot.rules.outputs import MOST_PLAN

NEAT = "```suggestion\nneat\n```"
FORMATS = (Autofix(), Check())


def steer(text, kind="steer"):
    return (Message(kind=kind, text=text),)


def suggests(line, body=NEAT):
    text = Text(author="ann", trusted=True, body=body, path="a.py", line=line, start_line=None)
    return (Message(kind="review", text="", texts=(text,)),)


def change(line, text="neat\n"):
    return Replace(author="ann", path="a.py", first=line, last=line, text=text)


def todo(messages=(), *, instruction=FORMAT, texts=(), plans=False, **past):
    task = Task(instruction=instruction, messages=messages, texts=texts)
    return decide(task, Past(**past), plans=plans).moves


def plan(messages=(), **given):
    (found,) = todo(messages, plans=True, **given)
    assert isinstance(found, Propose)
    return found.text


def test_a_second_turn_hands_in_what_the_first_one_did_too():
    assert todo(suggests(3), handed_in=[()]) == (Apply((change(3),)), *FORMATS)
    assert todo(steer("Run the tests"), handed_in=[()]) == FORMATS


def test_the_same_turn_again_comes_to_the_same():
    assert todo(handed_in=[()]) == todo() == FORMATS
    both = [suggests(3), suggests(5)]
    assert todo((*suggests(3), *suggests(5)), handed_in=both) == todo(suggests(5), handed_in=both)


def test_no_line_moves_before_it_was_changed_in_another_turn():
    moves = todo(suggests(3), handed_in=[suggests(5)])
    assert moves == (Apply((change(5), change(3))), Check())


def test_of_two_changes_to_the_same_lines_the_later_one_counts():
    other = suggests(3, "```suggestion\nother\n```")
    assert todo(other, handed_in=[suggests(3)]) == (Apply((change(3, "other\n"),)), Check())
    assert todo(suggests(3), handed_in=[suggests(3), other]) == (Apply((change(3),)), Check())


def test_patches_stay_in_the_order_in_which_they_came():
    first, second = (f"```diff\n+{line}\n```" for line in "ab")
    moves = todo(steer(second), handed_in=[steer(first)])
    assert [each.text for each in moves[0].changes] == ["+a\n", "+b\n"]


def test_tests_that_may_fail_may_fail_in_the_next_turn_too():
    before = steer("format it although the tests fail")
    assert todo(suggests(3), handed_in=[before])[-1] == Check(anyway=True)


def test_what_is_given_for_a_test_that_fails_is_given_in_the_next_turn_too():
    mend = "If `zero` fails:\n```diff\n+a\n```\n"
    moves = todo(steer("Run the tests"), handed_in=[steer(mend), steer(mend)])
    assert moves == (Check(mends=(Patch(author="", text="+a\n", fails="zero"),)),)


def test_work_that_is_kept_stays_kept():
    handed_in = [steer("", "push")]
    assert todo(steer("Run the tests"), handed_in=handed_in) == (Keep(), Check())


@pytest.mark.parametrize(("words", "move"), [("make it faster", Ask), ("leave it", Leave)])
def test_a_turn_that_does_nothing_touches_nothing(words, move):
    (only,) = todo(steer(words), handed_in=[()])
    assert isinstance(only, move)


def test_a_word_to_a_first_turn_that_was_broken_off_comes_on_top_of_it():
    task = Task(instruction=FORMAT, messages=steer("Run the tests"))
    both = decide(task, Past(), plans=False)
    assert (both.moves, both.made_good) == (FORMATS, ((),))
    once = decide(task, Past(ended=True), plans=False)
    assert (once.moves, once.made_good) == ((Check(),), ())


@pytest.mark.parametrize("kind", ["answer", "review"])
def test_what_is_said_of_something_that_came_of_a_turn_is_all_there_is_to_do(kind):
    assert todo(steer("Run the tests", kind)) == (Check(),)


def test_a_word_makes_clear_what_the_first_one_left_open():
    assert todo(steer("format it"), instruction="make it faster") == FORMATS
    (left,) = todo(steer("leave it"))
    assert isinstance(left, Leave)


def test_what_is_remembered_of_a_turn_is_what_it_was_told():
    task = Task(instruction=FORMAT, messages=steer("", "push"))
    assert decide(task, Past(), plans=False).messages == task.messages
    assert decide(task, Past(planned=[steer("tidy it")]), plans=True).messages == steer("tidy it")


WHOLE = """\
- Apply the suggestion by ann for `a.py:3`:

  ```text
  neat
  ```
- Format and lint, with the repository's own tools.
- Run the tests, and ask if one fails that passed before.
- Hand the changes in."""


def test_the_whole_text_of_a_plan():
    moves = (Apply((change(3),)), *FORMATS)
    assert proposed(moves) == proposed(moves) == (Propose(WHOLE),)


def test_other_changes_make_another_plan_also_where_they_are_not_shown():
    gone = (Apply((change(3, ""),)),)
    assert "`a.py:3`, which takes these lines away.\n" in proposed(gone)[0].text
    long = [(Apply((change(3, letter * MOST_SHOWN + "\n"),)),) for letter in "xy"]
    one, two = (proposed(each)[0].text for each in long)
    assert len(one) < 300
    assert one != two


def test_a_plan_of_very_many_changes_is_no_longer_than_a_plan_may_be():
    many = tuple(change(line, "x" * 100) for line in range(2000))
    (found,) = proposed((Apply(many),))
    assert len(found.text) < MOST_PLAN
    assert "- Apply nothing else: all changes, 2000 in number, are `" in found.text


def test_a_plan_says_what_else_would_be_done():
    text = proposed((Keep(), Check(anyway=True), Leave("")))[0].text
    assert text == (
        "- Go on with what I have made already.\n"
        "- Run the tests, and go on even if one fails that passed before.\n"
        "- Hand the changes in."
    )


def test_a_plan_says_what_would_be_done_if_a_test_failed():
    mend = Patch(author="ann", text="+a\n", fails="zero")
    text = proposed((Check(mends=(mend,)),))[0].text
    assert "- Apply the patch by ann if `zero` fails:\n\n  ```text\n  +a\n" in text
    assert not says(text, (Check(mends=(replace(mend, fails="one"),)),))


def test_where_a_plan_comes_first_nothing_is_done():
    assert plan().startswith("- Format and lint")
    assert plan(steer("", "continue")) == plan(steer("", "conflict")) == plan()


@pytest.mark.parametrize(("words", "move"), [("make it faster", Ask), ("leave it", Leave)])
def test_what_changes_nothing_needs_no_plan(words, move):
    (only,) = todo(instruction=words, plans=True)
    assert isinstance(only, move)
    assert not says("anything", (only,))


def test_a_word_while_a_plan_is_awaited_makes_a_new_plan():
    assert plan((*steer("", "push"), *suggests(3))) == proposed(todo(suggests(3)))[0].text
    assert plan(steer("", "push"), planned=[(), suggests(3)]) == plan(suggests(3))


def test_a_yes_does_what_was_planned():
    assert todo(steer(plan(), "plan")) == FORMATS
    yes = steer(f"{plan(suggests(3))}\n", "plan")
    assert todo(yes, planned=[(), suggests(3)]) == (Apply((change(3),)), Check())


def test_a_yes_counts_where_nothing_but_words_may_be_handed_in():
    assert todo(steer(plan(), "plan"), plans=True) == FORMATS


def test_a_yes_to_what_would_be_something_else_now_is_asked_about():
    text = Text(author="ann", trusted=True, body=NEAT, path="a.py", line=3)
    old = plan(instruction="")
    (asked,) = todo(steer(old, "plan"), instruction="", texts=(text,))
    assert isinstance(asked, Ask)


def test_a_word_after_a_yes_is_done_too():
    said = (*steer(plan(), "plan"), *suggests(3))
    assert todo(said) == (Apply((change(3),)), *FORMATS)
    assert todo((*steer("leave it"), *steer(plan(), "plan"))) == FORMATS
    assert todo((*steer(plan(), "plan"), *steer("", "push"))) == FORMATS
