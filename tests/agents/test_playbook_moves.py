import pytest

from bot.agents.playbook.changes import Patch, Replace
from bot.agents.playbook.moves import (
    ANYWAY,
    FORMAT,
    LEAVE,
    MOST_CHOICES,
    TEST,
    Apply,
    Ask,
    Autofix,
    Check,
    Keep,
    Leave,
    Propose,
    moves,
)
from bot.agents.playbook.task import Task, Text
from bot.rules import outputs

DIFF = "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\n+y\n"
PATCH = f"```diff\n{DIFF}```\n"
SUGGESTION = "```suggestion\nnew\n```\n"


def text(author, body=PATCH, *, trusted=True, **where):
    return Text(author=author, body=body, trusted=trusted, **where)


def suggested(author, line=3, *, trusted=True, body=SUGGESTION, **where):
    return text(author, body, trusted=trusted, path="src/a.py", line=line, **where)


def done(instruction, *texts):
    return moves(Task(instruction=instruction, texts=texts))


def applied(instruction, *texts):
    """Name the authors of the changes that are made."""
    first = done(instruction, *texts)[0]
    assert isinstance(first, Apply), first
    return [change.author for change in first.changes]


def asked(instruction, *texts):
    (question,) = done(instruction, *texts)
    assert isinstance(question, Ask)
    return question.text


def test_a_patch_in_the_instruction_is_applied_and_tested():
    assert done(f"please do this\n\n{PATCH}") == (Apply((Patch(author="", text=DIFF),)), Check())


def test_a_patch_for_a_test_that_fails_waits_until_it_does():
    both = f"{PATCH}\nIf `zero` fails:\n\n```patch\n+more\n```\n"
    mend = Patch(author="ann", text="+more\n", fails="zero")
    first = Apply((Patch(author="ann", text=DIFF),))
    assert done("", text("ann", both)) == (first, Check(mends=(mend,)))
    alone = done("apply this", text("ann", both.removeprefix(PATCH)))
    assert alone == (Check(mends=(mend,)),)


def test_each_move_says_what_is_going_on():
    one, two = Patch(author="ann", text="a"), Patch(author="", text="b")
    todo = (Apply((one,)), Apply((one, two)), Autofix(), Check(), Ask("", ()), Leave(""))
    assert list(map(str, (*todo, Keep(), Propose("")))) == [
        "Applying the patch by ann",
        "Applying 2 changes",
        "Formatting and linting",
        "Running the tests",
        "Asking a person",
        "Leaving everything as it is",
        "Looking at what was made before",
        "Making a plan",
    ]


def test_to_go_on_is_what_was_to_be_done_without_a_word():
    assert done("Go on although the tests fail") == (Autofix(), Check(anyway=True))
    assert done("go on", suggested("alice")) == done("", suggested("alice"))


def test_what_is_to_be_formatted_too_is_formatted_after_it():
    assert done(f"apply this and format the code\n{PATCH}")[1:] == (Autofix(), Check())


def test_a_suggestion_in_the_instruction_is_about_the_lines_of_its_comment():
    words = f"take this\n{SUGGESTION}"
    around = suggested("alice", 5, start_line=4, body=f"Oh.\n\n/fix {words}")
    change = Replace(author="", path="src/a.py", first=4, last=5, text="new\n")
    assert done(words, around)[0] == Apply((change,))


def test_a_suggestion_without_lines_is_asked_about():
    assert asked(f"take this\n{SUGGESTION}").startswith("I cannot tell which lines")
    outdated = suggested("alice", None)
    assert "by alice" in asked("apply the suggestion", outdated)


def test_nothing_that_others_wrote_is_applied_without_a_word_about_it():
    assert done("format this", text("alice")) == (Autofix(), Check())
    assert done("run the tests", text("mallory", trusted=False)) == (Check(),)


@pytest.mark.parametrize(
    "words",
    [
        "apply the suggestion of @mallory",
        "Apply the patch by Mallory.",
        "apply mallory's suggestion",
        "accept the last suggestion from mallory, and run the tests",
    ],
)
def test_a_strangers_change_is_applied_to_whom_the_instruction_points(words):
    stranger = text("Mallory", trusted=False)
    assert applied(words, text("alice"), stranger, text("bob")) == ["Mallory"]


def test_this_and_above_are_the_last_one():
    assert applied("apply this", text("alice"), text("bob")) == ["bob"]
    assert applied("apply the diff above", text("bob"), text("alice")) == ["alice"]


def test_a_stranger_who_was_quicker_is_not_this():
    texts = (text("alice"), text("mallory", trusted=False))
    assert "Which one?" in asked("apply this", *texts)
    assert applied("apply this", *texts[1:]) == ["mallory"]


def test_all_means_all_of_those_who_may_write():
    texts = (text("alice"), text("mallory", trusted=False), suggested("bob"))
    assert applied("apply all suggestions", *texts) == ["bob", "alice"]
    assert applied("apply all suggestions of @mallory", *texts) == ["mallory"]
    assert "may not write here" in asked("apply them all", *texts[1:2], text("eve", trusted=False))


def test_a_login_that_is_a_common_word_is_not_named_by_it():
    texts = (text("the", trusted=False), text("suggestion", trusted=False), text("alice"))
    assert (
        asked("apply the suggestion", *texts) == "There are several suggested changes. Which one?"
    )


def test_somebody_who_suggested_nothing_is_told_of():
    assert asked("apply the suggestion of @bob", text("alice")).startswith("I find no suggested")
    assert asked("apply the patch") == "I find no suggested change that I could apply."


def test_several_are_asked_about_with_one_answer_for_each():
    texts = (text("alice"), suggested("bob", 1), suggested("bob", 9))
    (question,) = done("apply the suggestion", *texts)
    assert question.choices == (
        "Apply the last suggestion of @bob",
        "Apply all suggestions of @bob",
        "Apply the last suggestion of @alice",
        LEAVE,
    )


@pytest.mark.parametrize("shown", [1, 2, 4])
def test_every_answer_that_is_offered_is_understood(shown):
    texts = (suggested("bob", 1), suggested("bob", 9), text("alice"), text("eve", trusted=False))
    (question,) = done("make it faster", *texts[:shown])
    understood = [done(choice, *texts[:shown]) for choice in question.choices]
    assert not [each for each in understood if isinstance(each[0], Ask)]
    assert question.choices[-1] == LEAVE
    assert len(question.choices) == MOST_CHOICES == outputs.MOST_CHOICES


def test_without_suggestions_the_tools_and_the_tests_are_offered():
    (question,) = done("make it faster")
    assert question.choices == (FORMAT, TEST, LEAVE)


def test_lines_that_two_changes_are_about_are_asked_about():
    texts = (suggested("alice", 5, start_line=3), suggested("bob", 4))
    assert "the same lines" in asked("apply all suggestions", *texts)


def test_no_line_moves_before_it_was_replaced():
    texts = (text("alice"), suggested("bob", 1), suggested("bob", 9))
    (first, *_) = done("apply all suggestions", *texts)
    assert [getattr(change, "first", None) for change in first.changes] == [9, 1, None]


def test_without_a_word_the_tools_are_run_where_nobody_suggested_anything():
    assert done("") == (Autofix(), Check())
    assert done("", text("alice", "just words")) == (Autofix(), Check())


def test_without_a_word_the_only_change_of_somebody_who_may_write_is_applied():
    assert applied("", text("alice")) == ["alice"]
    assert "mallory suggested a change" in asked("", text("mallory", trusted=False))
    assert "several" in asked("", text("alice"), text("bob"))


def test_what_is_not_wanted_is_not_guessed_at():
    assert "do not want" in asked("don't apply the suggestion of @alice", text("alice"))
    assert "do not want" in asked("format it without running the tests")
    assert applied("it does not compile: apply the suggestion", text("alice")) == ["alice"]
    assert done("Leave it") == (Leave("Nothing was to be done."),)


def test_words_that_no_rule_knows_are_asked_about():
    assert asked("fix the date format in the header").startswith("I follow fixed rules")


def test_a_change_can_be_wanted_although_it_breaks_a_test():
    assert done(f"format it {ANYWAY}") == (Autofix(), Check(anyway=True))
