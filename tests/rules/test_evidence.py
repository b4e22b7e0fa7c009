"""What people are shown of a run's validations."""

from dataclasses import replace

import pytest

from bot.model.runs import Conclusion
from bot.model.validations import Verdict
from bot.rules.evidence import (
    CONCLUSIONS,
    MOST_NAME,
    MOST_ROWS,
    MOST_TESTS,
    WIDTH,
    Asked,
    Loop,
    feedback,
    holds,
    otherwise,
    page,
    picture,
    section,
    summary,
    title,
)

TREE, OLDER = "a" * 40, "b" * 40
AT = 1_800_000_000.0
PASSED = Verdict(outcome="passed", exit=0, seconds=11, tests=124)
FAILED = Verdict(
    outcome="failed", exit=1, seconds=12, tests=124, failing=("tests.test_cache.test_hit",)
)
FIRST = Asked(name="unit", state="done", tree=OLDER, at=AT, until=AT + 13, verdict=FAILED)
SECOND = replace(FIRST, tree=TREE, at=AT + 60, until=AT + 72, verdict=PASSED)
KNOWN = replace(SECOND, name="lint", at=AT + 80, until=AT + 80, cached=True)
LOOP = Loop(asked=(FIRST, SECOND, KNOWN), offered=("unit", "lint", "image"), tree=TREE)


def rows(loop):
    return [line for line in section(loop).split("\n") if line.startswith("| ")][1:]


def test_where_there_is_nothing_to_ask_for_nothing_is_shown():
    assert section(Loop(tree=TREE)) == section(Loop(offered=("unit",))) == ""


def test_a_head_that_could_have_been_validated_and_was_not_says_so():
    words = "No validation was run for exactly the tree of this head, `aaaaaaaaaaaa`."
    assert section(Loop(offered=("unit",), tree=TREE)) == words


def test_all_that_was_asked_for_is_listed_drawn_and_held_against_the_head():
    assert section(LOOP) == (
        "**Validations**: 3 asked for, 1 known from before, 25 s spent waiting\n"
        "\n"
        "| validation | | took | details |\n"
        "|---|---|---:|---|\n"
        "| `unit` | ❌ failed, 124 tests ran | 12 s | `tests.test_cache.test_hit` |\n"
        "| `unit` | ✅ passed, 124 tests ran | 11 s |  |\n"
        "| `lint` | ✅ passed, 124 tests ran, known from before | 11 s |  |\n"
        "\n"
        "<details><summary>When each was asked for, and how long its answer took</summary>\n"
        "\n"
        "```text\n"
        "unit ██████·································· 13 s, failed\n"
        "unit ······························██████···· 12 s, passed\n"
        "lint ·······································█ 0.0 s, passed\n"
        "```\n"
        "\n"
        "</details>\n"
        "\n"
        "For exactly the tree of this head, `aaaaaaaaaaaa`, run away from the agent: "
        "`unit` ✅ passed, 124 tests ran; `lint` ✅ passed, 124 tests ran, known from before. "
        "Not run for it: `image`."
    )


NOTE = "The toolboxes `a`, `b` all have `tool`; that of `a` is used."


def test_what_toolboxes_want_of_each_other_is_told_once():
    noted = [replace(each, notes=(NOTE,)) for each in (FIRST, SECOND)]
    assert section(Loop(asked=noted)).count(f"\n\n{NOTE}\n\n") == 1
    assert summary(noted[1]).endswith(f"11 s.\n\n{NOTE}")


def test_a_verdict_of_the_same_inputs_does_not_claim_to_be_of_the_same_tree():
    known = replace(KNOWN, inputs=True)
    told = "`lint` ✅ passed, 124 tests ran, known of the same inputs."
    assert told in holds(replace(LOOP, asked=(known,)))
    ran = replace(known, cached=False)
    assert "known" not in holds(replace(LOOP, asked=(ran,)))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"state": "queued", "verdict": None}, "🟡 waiting for a runner"),
        ({"state": "running", "verdict": None}, "🟡 running"),
        ({"state": "dropped", "verdict": None}, "🚫 not run"),
        ({"state": "done", "verdict": None}, "⚪ no verdict"),
        ({"verdict": replace(PASSED, tests=1)}, "✅ passed, 1 test ran in 11 s"),
        ({"verdict": replace(PASSED, tests=None, seconds=600)}, "✅ passed in 10 min"),
        ({"verdict": replace(PASSED, tests=None, seconds=0.44)}, "✅ passed in 0.4 s"),
        (
            {"verdict": replace(FAILED, outcome="timeout")},
            "⏱️ ran out of time, 124 tests ran in 12 s",
        ),
    ],
)
def test_a_title_says_how_it_stands(asked, words):
    assert title(replace(FIRST, **asked)) == words


def test_a_check_run_shows_what_was_printed_where_that_has_not_passed():
    failed = replace(FIRST, verdict=replace(FAILED, excerpt="</details> ```\nE 1 == 2"))
    assert page(failed).startswith(f"{summary(failed)}\n\n<details><summary>What matters of unit")
    assert "\n````text\n</details> ```\nE 1 == 2\n````\n" in page(failed)
    for other in (FIRST, SECOND, replace(FIRST, verdict=None)):
        assert page(other) == summary(other)


def test_what_holds_is_the_last_verdict_on_the_very_tree():
    again = replace(SECOND, verdict=FAILED)
    assert "`unit` ❌ failed" in holds(replace(LOOP, asked=(SECOND, again)))
    under_way = replace(SECOND, state="running", verdict=None)
    for asked in ((FIRST,), (FIRST, under_way)):
        assert holds(replace(LOOP, asked=asked)) == (
            "No validation was run for exactly the tree of this head, `aaaaaaaaaaaa`."
        )
    assert holds(replace(LOOP, offered=("unit", "lint"))).endswith("known from before.")
    assert holds(replace(LOOP, tree=None)) == ""


def test_waiting_for_two_answers_at_once_counts_once():
    beside = replace(FIRST, at=AT + 1, until=AT + 5)
    open_still = replace(FIRST, at=AT + 2, until=None)
    assert feedback((FIRST, beside, open_still)) == "3 asked for, 13 s spent waiting"


def test_asking_again_is_counted_as_known():
    assert feedback((replace(FIRST, again=2),)) == (
        "3 asked for, 2 known from before, 13 s spent waiting"
    )


def test_what_is_under_way_is_drawn_up_to_now():
    running = replace(FIRST, name="image", at=AT + 20, until=None, verdict=None, state="running")
    assert picture([FIRST, running]) == [
        f"unit  {'█' * 26}{'·' * 14} 13 s, failed",
        f"image {'·' * 39}█ …",
    ]


def test_a_picture_has_one_width_whatever_it_shows():
    short, long = replace(FIRST, until=AT), replace(FIRST, at=AT - 9e6, until=AT + 9e6)
    for asked in ([short], [short, long], [replace(short, until=AT - 5)]):
        assert {len(line.split()[1]) for line in picture(asked)} == {WIDTH}


def test_of_a_digest_a_table_shows_the_beginning():
    built = replace(SECOND, verdict=replace(PASSED, words=f"Built app as sha256:{'ab' * 32}."))
    (row,) = rows(Loop(asked=[built]))
    assert row.endswith("| Built app as sha256:abababababab. |")
    assert "ab" * 32 in summary(built)


def test_only_the_last_of_many_are_listed():
    shown = rows(Loop(asked=[FIRST] * 50))
    assert shown[0] == f"| and {50 - MOST_ROWS} before | | | |"
    assert len(shown) == MOST_ROWS + 1
    assert len(section(Loop(asked=[FIRST] * 50))) < 10_000


def test_many_failing_tests_are_counted():
    many = replace(FAILED, failing=tuple(f"test_{at}" for at in range(50)), words="60 tests.")
    (row,) = rows(Loop(asked=(replace(FIRST, verdict=many),)))
    assert row.endswith(f"`test_4`, {50 - MOST_TESTS} more. 60 tests. |")


@pytest.mark.parametrize(
    "name",
    [
        "a | b",
        "a`b",
        "@ann",
        "fixes #1",
        "<!-- greenroom run 1 -->",
        "[x](y)",
        "</details>",
        "x\ny",
    ],
)
def test_a_test_may_be_called_anything(name):
    bad = replace(FAILED, failing=(name,), words=name)
    (row,) = rows(Loop(asked=(replace(FIRST, verdict=bad),)))
    *_, code, words = row.split("`")
    assert row.count("|") == 5
    assert not [live for live in ("@ann", "fixes #1", "<!--") if live in code]
    assert not set("<[@#") & set(words)


def test_a_long_name_is_cut():
    bad = replace(FAILED, failing=("x" * 9_999,))
    assert len(summary(replace(FIRST, verdict=bad))) < MOST_NAME + 100


def test_what_a_pull_request_changes_is_said():
    assert otherwise(()) == ""
    words = "This head defines `unit`, `lint` otherwise. What the default branch says is run."
    assert otherwise(("unit", "lint")) == words


def test_one_validation_is_summed_up_for_its_check_run():
    assert summary(FIRST) == (
        "`unit`: ❌ failed, 124 tests ran in 12 s.\n\n`tests.test_cache.test_hit`"
    )
    assert summary(SECOND) == "`unit`: ✅ passed, 124 tests ran in 11 s."
    assert summary(replace(FIRST, verdict=None, state="running")) == "`unit`: 🟡 running."


def test_only_a_pass_lets_a_required_check_through():
    lets = {Conclusion.SUCCESS, Conclusion.NEUTRAL, Conclusion.SKIPPED}
    assert [each for each in CONCLUSIONS if CONCLUSIONS[each] in lets] == ["passed"]
