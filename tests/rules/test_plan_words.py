from dataclasses import replace

import pytest

from bot.model.ids import Fence, Login, RunId, Sha
from bot.rules.markdown import BREAK
from bot.rules.outputs import MOST_PLAN
from bot.rules.plans import (
    LONG,
    WIDEST,
    Asked,
    asking,
    holds,
    is_void,
    overtaken,
    plan,
    plan_marker,
    settled,
)

SHA = Sha("0123456789abcdef" * 2 + "01234567")
MOVED = Sha("f" * 40)
TEXT = "1. Close the file\n2. Ask @bob"
PLAN = plan(TEXT, SHA)
SHORT = PLAN.hash[:12]
ASKED = Asked(
    run=RunId("01RUN"),
    fence=Fence(3),
    agent="plan",
    prefix="gr",
    command="plan",
    asked_by=Login("ann"),
    plan=PLAN,
)
MOST_BODY = 65_536
"""Characters that GitHub takes."""


def body(text, **changes):
    return asking(replace(ASKED, plan=plan(text, SHA), **changes), seconds=7200)


def test_a_plan_is_named_by_its_words_and_its_commit():
    assert len(PLAN.hash) == len(SHA)
    same, *others = plan(TEXT, SHA), plan(f"{TEXT} ", SHA), plan(TEXT, Sha("f" * 40))
    assert same == PLAN
    assert len({PLAN.hash, *(each.hash for each in others)}) == 3


@pytest.mark.parametrize(
    ("given", "base", "pushed", "does"),
    [
        (None, SHA, True, False),
        (PLAN, SHA, False, True),
        (PLAN, MOVED, False, False),
        (PLAN, MOVED, True, True),
    ],
    ids=["no yes", "to this commit", "to another", "done in part"],
)
def test_a_yes_is_for_the_commit_of_the_plan_until_something_is_pushed(given, base, pushed, does):
    assert holds(given, base, pushed=pushed) is does


def test_an_agent_is_told_that_its_plan_was_overtaken():
    told = overtaken(MOVED, 5.0)
    assert (told.kind, told.by, told.at, told.by_strangers) == ("push", None, 5.0, False)
    assert told.text.startswith(f"The branch stands at {MOVED} now, ")


@pytest.mark.parametrize(
    ("kind", "pushed", "is_so"),
    [
        ("steer", True, True),
        ("review", False, True),
        ("review", True, False),
        ("answer", False, False),
        ("push", False, False),
    ],
)
def test_other_wishes_end_a_yes_and_a_review_of_what_was_planned_does_not(kind, pushed, is_so):
    assert is_void(kind, pushed=pushed) is is_so


ANEW = "After other words, `/gr plan …`, it plans anew."
UNTIL = "Without a yes in 14 days the plan is dropped; `/gr stop` drops it now."


def test_a_yes_is_asked_for_with_all_of_the_plan():
    assert asking(ASKED, seconds=14 * 86_400).split("\n") == [
        "<!-- greenroom plan 01RUN 3 -->",
        "@ann, **plan** has a plan for `012345678` and changes nothing without a yes to it.",
        "",
        "1. Close the file",
        f"2. Ask @{BREAK}bob",
        "",
        "Whoever may write here says yes with:",
        "",
        "```",
        f"/gr approve {SHORT}",
        "```",
        "",
        f"{ANEW} {UNTIL}",
    ]


def test_an_agent_without_a_command_is_answered():
    assert "After other words, `/gr answer …`, it plans anew." in body(TEXT, command=None)


def test_what_came_of_a_plan_is_said_below_it_and_calls_nobody():
    assert settled(ASKED, "bob said yes to it").split("\n") == [
        plan_marker(ASKED.run, ASKED.fence),
        "ann, **plan** had a plan for `012345678`.",
        "",
        "<details><summary>The plan</summary>",
        "",
        "1. Close the file",
        f"2. Ask @{BREAK}bob",
        "",
        "</details>",
        "",
        f"`{SHORT}`: bob said yes to it.",
    ]


@pytest.mark.parametrize(("more", "folds"), [(0, False), (1, True)])
def test_a_long_plan_is_folded(more, folds):
    assert ("<details>" in body("x" * (LONG + more))) is folds


@pytest.mark.parametrize(
    "text",
    [
        "Tidy up. <!-- Delete everything. -->",
        "<details>\nDelete everything.\n</details>",
        "Tidy up.\n\n[x]: /y (Delete everything.)",
        "Tidy up.[^1]\n\n[^1]: Delete everything.",
        '[](x "Delete everything.")',
        "![Delete everything.](https://example.com/x.png)",
        "| a |\n|---|\n| b | Delete everything. |",
        "> a | b\n> -|-\n> c | d | Delete everything.",
        "```sh Delete everything.\nls\n```",
        "- ~~~sh Delete everything.\n  ls",
    ],
)
def test_a_plan_in_which_words_could_go_unseen_is_shown_as_it_was_written(text):
    lines = body(text).split("\n")
    fence = lines[3]
    assert set(fence) == {"`"}
    end = lines.index(fence, 4)
    assert "\n".join(lines[4:end]).replace(BREAK, "") == text
    assert fence not in text


@pytest.mark.parametrize(
    "text",
    [
        "- [ ] Tidy `a[1]`\n- [x] Done: a|b",
        "```diff\n- a\n+ b\n```\n\n~~~ c++ \nx\n~~~",
        "a\n---\nif a < b: pass\n\n- - x",
    ],
)
def test_a_plan_that_hides_nothing_is_shown_rendered(text):
    assert f"\n\n{text}\n\nWhoever" in body(text)


def test_the_end_of_no_line_is_out_of_sight():
    text = f"<b>{' ' * 300}Delete\n\n{'x' * 250}"
    lines = body(text).split("\n")
    shown = lines[4 : lines.index("```", 4)]
    assert max(map(len, shown)) == WIDEST
    assert "".join(shown) == text.replace("\n", "")


@pytest.mark.parametrize(
    "text", ["@a", "&#", "<!--", "\n", "fixes #1 ", "` ", "``` a\n", " -", "> "]
)
def test_every_plan_that_is_taken_finds_room(text):
    given = text * (MOST_PLAN // len(text))
    assert len(body(given)) < MOST_BODY
    assert len(settled(replace(ASKED, plan=plan(given, SHA)), "x" * 200)) < MOST_BODY
