from dataclasses import replace

import pytest

from bot.model.ids import Login, Repo, RunId, Sha
from bot.model.runs import Subject
from bot.rules.lifecycle import Run
from bot.rules.notices import (
    MOST_CHARACTERS,
    MOST_DIFF,
    MOST_FILES,
    NOT_ALL,
    TOO_LONG,
    WHY,
    Question,
    answered,
    approval,
    folded,
    question,
    settled,
    span,
)
from bot.rules.wording import RunView

SHA = Sha("0123456789abcdef" * 2 + "01234567")
DIFF = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-one\n+two\n"
VIEW = RunView(
    id=RunId("01RUN"),
    agent="fix",
    command="fix",
    subject=Subject(repo=Repo("octo/cat"), number=7, kind="issue"),
    asked_by=Login("ann"),
    state=Run.PARKED,
    conclusion=None,
    words="",
    steps=[],
    started_at=0.0,
    changed_at=0.0,
    pull=None,
    head=None,
    said="",
)
ASKED = Question(
    run=VIEW.id,
    name="1.1",
    agent="fix",
    prefix="gr",
    asked_by=Login("ann"),
    text="Which one, @bob?",
    choices=["The first", "@carol's"],
)


def test_a_yes_is_asked_for_with_all_that_would_be_pushed():
    assert approval(VIEW, SHA, seconds=14 * 86400, files=[("x", 1, 1)], diff=DIFF) == (
        f"<!-- greenroom approval 01RUN {SHA} -->\n"
        "**fix** has made `0123456789ab` and waits for a yes before it is pushed.\n\n"
        f"{WHY}\n\n"
        "```\n/gr approve 0123456789ab\n```\n\n"
        "- `x` +1 -1\n\n"
        "<details><summary>The changes</summary>\n\n"
        f"```diff\n{DIFF}```\n\n</details>\n\n"
        "Without a yes in 14 days it is dropped; `/gr stop` drops it now."
    )


def test_what_was_asked_for_says_afterwards_what_came_of_it():
    told = answered(VIEW.id, SHA, "nobody said yes, it was dropped")
    mark, words = told.splitlines()
    assert mark == f"<!-- greenroom approval 01RUN {SHA} -->"
    assert words == "`0123456789ab`: nobody said yes, it was dropped."


def test_of_many_files_some_are_named():
    files = [(f"`{number}`@all", 1, 0) for number in range(MOST_FILES + 2)]
    asked = approval(VIEW, SHA, seconds=86400, files=files, diff=DIFF)
    assert "\n- `'0'@\u200ball` +1 -0\n" in asked
    assert asked.count("@\u200ball") == MOST_FILES
    assert "\n- and 2 more\n" in asked


def test_a_question_calls_the_person_who_asked_and_nobody_else():
    assert question(ASKED) == (
        "<!-- greenroom question 01RUN 1.1 -->\n"
        "@ann, **fix** asks:\n\n"
        "Which one, @\u200bbob?\n\n"
        "- The first\n- @\u200bcarol's\n\n"
        "Answer below this comment, or with `/gr answer …`."
    )


def test_a_question_that_is_over_says_so_and_calls_nobody():
    assert settled(ASKED, "Answered by bob") == (
        "<!-- greenroom question 01RUN 1.1 -->\n"
        "ann, **fix** asks:\n\n"
        "Which one, @\u200bbob?\n\n"
        "- The first\n- @\u200bcarol's\n\n"
        "Answered by bob."
    )


def test_a_question_without_choices_fits_in_a_comment_and_calls_no_bot():
    long = replace(ASKED, asked_by=Login("renovate[bot]"), text="Why? " * 20_000, choices=[])
    asked = question(long)
    assert len(asked) <= MOST_CHARACTERS
    assert "\nrenovatebot, **fix** asks:\n" in asked
    assert asked.endswith("it was too long.\n\nAnswer below this comment, or with `/gr answer …`.")


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("+```", "+```"),
        ("+`````", "+`````"),
        ("+</details>", "+</details>"),
        ("+<!-- greenroom run 1 -->", "+<\u200b!-- greenroom run 1 -->"),
        ("+if x:\u202e", "+if x:⟨U+202E⟩"),
        ("+# -----BEGIN", "+# -----BEGIN"),
        (f"+a{' ' * 500}; b", "+a⟨500 blanks⟩; b"),
        ("+ghp_16C7e42F292c6912E7710c838347Ae178B4a", "+▇▇▇"),
    ],
)
def test_a_diff_can_neither_leave_its_block_nor_hide_in_it(line, seen):
    block = folded("The changes", f"{DIFF}{line}\n", 1_000)
    lines = block.splitlines()
    fence = lines[2].removesuffix("diff")
    assert lines.count(fence) == 1
    assert set(fence) == {"`"}
    assert fence not in seen
    assert seen in lines


KEY = f"-----BEGIN RSA PRIVATE KEY-----\n Proc-Type: 4,ENCRYPTED\n \n {'MIIE' * 16}\n+{'a' * 64}\n"


def test_of_a_private_key_nothing_is_shown_and_of_what_follows_everything():
    block = folded("The changes", f" {KEY} bGFzdA==\n+after\n", 1_000)
    assert block.split("```diff\n")[1].split("\n```")[0].split("\n") == [
        *(" ▇▇▇", " ▇▇▇", " ▇▇▇", " ▇▇▇", "+▇▇▇"),
        *(" bGFzdA==", "+after"),
    ]


@pytest.mark.parametrize(
    ("diff", "whole"),
    [
        (DIFF, True),
        (f"{DIFF}+# -----BEGIN CERTIFICATE-----\n+after\n", True),
        (DIFF + "+one\n" * MOST_DIFF, False),
        (f"{DIFF}{KEY}", False),
        (f"{DIFF}Binary files a/b.sh and b/b.sh differ\n", False),
        (f"{DIFF}+Binary files are nice, but differ\n", True),
        (TOO_LONG, False),
    ],
)
def test_who_is_asked_for_a_yes_is_told_first_that_not_all_can_be_shown(diff, whole):
    asked = approval(VIEW, SHA, seconds=86400, files=[("x", 1, 1)], diff=diff)
    warned, _, _ = asked.partition("/gr approve")
    assert (NOT_ALL in warned) is not whole


@pytest.mark.parametrize("diff", ["+one\n" * 100, "+\u202e\n" * 30, "x" * 1_000])
def test_a_diff_that_is_too_long_is_cut_at_a_line_and_says_so(diff):
    block = folded("The changes", diff, 100)
    assert len(block) < 250
    assert block.endswith("```\n\nThe rest is not shown here; it is too long.\n\n</details>")
    assert set(block.split("```diff\n")[1].split("\n```")[0].split("\n")) in (
        {"+one"},
        {"+⟨U+202E⟩"},
        {""},
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (14 * 86400, "14 days"),
        (86400, "24 hours"),
        (5400, "90 minutes"),
        (90, "90 seconds"),
    ],
)
def test_a_length_of_time_is_said_in_a_unit_that_fits(seconds, words):
    assert span(seconds) == words
