import re
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.facts import Waiting
from bot.model.ids import Login, Repo, RunId, Sha
from bot.model.models import Spent
from bot.model.money import micros
from bot.model.runs import Conclusion, Subject
from bot.rules.buttons import APPROVE, BUTTONS, RETRY, STOP
from bot.rules.egress import Reached
from bot.rules.lifecycle import Run
from bot.rules.markdown import BREAK, NOTE
from bot.rules.wording import (
    ICONS,
    MOST_CHARACTERS,
    MOST_LINE,
    MOST_SUMMARY,
    MOST_TITLE,
    STATES,
    RunView,
    Step,
    branch,
    check_run,
    comment,
    commit_message,
    headline,
    line,
    marker,
    next_branch,
    plain,
    pull_body,
    section,
)

START = 1_800_000_000.0  # 2027-01-15, 08:00:00 UTC
ISSUE = Subject(repo=Repo("octo/cat"), number=7, kind="issue")
PULL = Subject(repo=Repo("octo/cat"), number=8, kind="pull")
WORKING = RunView(
    id=RunId("01J"),
    agent="tidy",
    subject=ISSUE,
    asked_by=Login("ann"),
    state=Run.RUNNING,
    conclusion=None,
    words="",
    steps=(
        Step(at=START, text="ann asked for `tidy`", agent=False),
        Step(at=START + 3, text="Running ruff", agent=True),
    ),
    started_at=START,
    changed_at=START + 3,
    pull=None,
    head=None,
    said="",
)
DONE = replace(
    WORKING,
    state=Run.FINISHED,
    conclusion=Conclusion.SUCCESS,
    changed_at=START + 61,
    pull=9,
    head=Sha("5" * 40),
)
ASKING = replace(
    WORKING,
    state=Run.PARKED,
    round=2,
    asks=Waiting(reason="approval", about=Sha("5" * 40), since=START, deadline=START + 60),
)
FAILED = replace(DONE, conclusion=Conclusion.FAILURE, pull=None, words="It broke.")
SPENT = Spent(models=("m-1",), turns=2, cost=micros("0.42"))
USED = "`m-1` · 2 turns · 0 tokens read, 0 written · $0.42"
EVIL = f"{marker(RunId('02X'))}\n<!-- \n@ann fixes #1\n```\n"


def test_the_comment_of_a_run_that_works():
    assert comment(WORKING) == (
        "<!-- greenroom run 01J -->\n"
        "**tidy** · working\n"
        "\n"
        "- `08:00:00` ann asked for `tidy`\n"
        "- `08:00:03` Running ruff\n"
        "\n"
        "Asked for by ann. `/gr stop` ends it."
    )


def test_the_comment_of_a_run_that_opened_a_pull_request():
    assert comment(replace(DONE, said="All is tidy.")) == (
        "<!-- greenroom run 01J -->\n"
        "**tidy** · ✅ opened #9\n"
        "\n"
        "- `08:00:00` ann asked for `tidy`\n"
        "- `08:00:03` Running ruff\n"
        "\n"
        "All is tidy.\n"
        "\n"
        "Asked for by ann. Took 61 s."
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0 s"),
        (0.4, "0 s"),
        (89, "89 s"),
        (90, "2 min"),
        (3600, "60 min"),
        (7200, "2 h"),
        (2 * 86400, "2 d"),
    ],
)
def test_a_finished_run_tells_how_long_it_took(seconds, words):
    assert comment(replace(DONE, changed_at=START + seconds)).endswith(f" Took {words}.")


@pytest.mark.parametrize("state", [state for state in Run if state is not Run.FINISHED])
def test_an_open_run_says_where_it_stands(state):
    assert headline(replace(WORKING, state=state)) == STATES[state]


@pytest.mark.parametrize("conclusion", Conclusion)
def test_a_finished_run_says_how_it_ended(conclusion):
    said = replace(DONE, conclusion=conclusion, pull=None)
    assert headline(said) == f"{ICONS[conclusion]} {conclusion.replace('_', ' ')}"
    assert headline(replace(said, words="So.")) == f"{ICONS[conclusion]} So."


def test_a_run_without_a_conclusion_is_only_finished():
    assert headline(replace(DONE, conclusion=None)) == "finished"


def test_the_check_run_of_a_run_that_works():
    assert check_run(WORKING) == {
        "name": "greenroom / tidy",
        "external_id": "01J",
        "title": "working",
        "summary": "- `08:00:00` ann asked for `tidy`\n- `08:00:03` Running ruff",
        "started": START,
        "conclusion": None,
        "completed": None,
        "actions": [],
    }


def test_the_check_run_of_a_run_that_is_done():
    assert check_run(replace(DONE, said="All is tidy.", steps=())) == {
        "name": "greenroom / tidy",
        "external_id": "01J",
        "title": "✅ opened #9",
        "summary": "All is tidy.",
        "started": START,
        "conclusion": Conclusion.SUCCESS,
        "completed": START + 61,
        "actions": [BUTTONS[RETRY]],
    }


def test_a_run_that_waits_for_a_yes_says_what_to_say():
    shown = comment(ASKING)
    words = (
        f"It waits for a yes to `{'5' * 12}` by somebody who may write here: "
        f"`/gr approve {'5' * 12}`"
    )
    assert shown.splitlines()[1] == "**tidy** · waiting for a person's yes"
    assert words in shown.splitlines()
    assert shown.endswith("Asked for by ann. `/gr stop` ends it.")


def test_commands_are_shown_as_they_are_written_there():
    shown = comment(replace(ASKING, prefix="bot"))
    assert f"`/bot approve {'5' * 12}`" in shown
    assert shown.endswith("`/bot stop` ends it.")
    assert "/gr " not in shown


def test_a_wait_for_nothing_in_particular_names_no_command():
    asks = replace(ASKING.asks, about=None)
    assert "approve" not in comment(replace(ASKING, asks=asks))


def test_a_run_that_waits_for_a_yes_to_its_plan_says_so():
    shown = comment(replace(ASKING, asks=replace(ASKING.asks, reason="plan")))
    assert "**tidy** · waiting for a yes to its plan\n" in shown
    way = "by somebody who may write here: `/gr approve 555555555555`"
    assert f"It waits for a yes to its plan `555555555555` {way}" in shown


def test_the_check_run_of_a_run_that_waits_for_a_yes_has_its_buttons():
    shown = check_run(ASKING)
    assert shown["external_id"] == "01J.2"
    assert shown["title"] == "waiting for a person's yes"
    assert shown["conclusion"] is Conclusion.ACTION_REQUIRED
    assert shown["completed"] == ASKING.changed_at
    assert shown["actions"] == [BUTTONS[APPROVE], BUTTONS[STOP]]
    assert str(shown["summary"]).startswith(f"It waits for a yes to `{'5' * 12}`")


def test_changes_that_came_to_nothing_are_shown_as_they_are():
    assert "\n\n<details>…</details>\n\n" in comment(replace(DONE, changed="<details>…</details>"))


def test_a_check_run_always_has_a_summary():
    assert check_run(replace(WORKING, steps=()))["summary"] == "working"


def test_a_check_run_has_one_short_line_as_its_title():
    shown = check_run(replace(FAILED, words="word\n" * 99, said="x" * MOST_SUMMARY))
    assert len(shown["title"]) == MOST_TITLE
    assert "\n" not in shown["title"]
    assert len(shown["summary"]) <= MOST_SUMMARY


def test_the_body_of_a_pull_request():
    files = [("src/a.py", 3, 1), ("b|`c.py", 0, 2)]
    assert pull_body(WORKING, "Ran `ruff format`.", files) == (
        "<!-- greenroom run 01J -->\n"
        "Ran `ruff format`.\n"
        "\n"
        "\n"
        "| file | | |\n"
        "|---|---:|---:|\n"
        "| `src/a.py` | +3 | -1 |\n"
        "| `b/'c.py` | +0 | -2 |\n"
        "\n"
        "Made by **tidy** for ann. Closes #7"
    )


def test_a_pull_request_asked_for_on_another_closes_nothing():
    body = pull_body(replace(WORKING, subject=PULL), "Done.", [])
    assert body.endswith("\nMade by **tidy** for ann.")


def test_the_body_of_a_large_pull_request_has_room_for_its_end():
    files = [(f"{'deep/' * 900}@octo/{number}.py", 10**6, 10**6) for number in range(101)]
    body = pull_body(WORKING, "word " * 12_000, files)
    assert len(body) <= MOST_CHARACTERS
    assert NOTE in body
    assert body.count(".py` | +1000000 | -1000000 |") == 100
    assert body.endswith("\n| and 1 more | | |\n\nMade by **tidy** for ann. Closes #7")


def test_the_message_of_a_commit():
    message = "Tidy imports\n\nMade by tidy for octo/cat#7.\n"
    assert commit_message("Tidy\nimports", WORKING) == message
    signed = commit_message("Tidy\nimports", WORKING, ["Signed-off-by: a <a@b>", "X: y"])
    assert signed == f"{message}\nSigned-off-by: a <a@b>\nX: y\n"


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Fix #12: ask @ann", f"Fix #{BREAK}12: ask @{BREAK}ann"),
        ("a\n  b", "a b"),
        ("x" * 256, "x" * (MOST_LINE - 1) + "…"),
    ],
)
def test_a_title_is_one_harmless_line(title, shown):
    assert line(title) == shown


@pytest.mark.parametrize(
    "mark", ["skip ci", "ci skip", "no ci", "skip actions", "actions skip", "Skip CI", "skip\nci"]
)
def test_no_title_keeps_the_checks_of_a_repository_from_running(mark):
    shown = f"Tidy ({' '.join(mark.split())}] up"
    assert line(f"Tidy [{mark}] up") == shown
    assert commit_message(f"Tidy [{mark}] up", WORKING).startswith(f"{shown}\n")


def test_other_brackets_of_a_title_stay():
    assert line("[ci] skip ci [skip cities]") == "[ci] skip ci [skip cities]"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", "a b"),
        ("&commat;ann &#64;ann R&D a&b", "commat;ann 64;ann R&D a&b"),
        ("snake_case _so_ __all__", "snake_case so all"),
        ("*@ann* `x` <b> [y](z) #1 ~a~ |", "ann x b y(z) 1 a "),
        ("", ""),
    ],
)
def test_plain_text_has_no_sign_that_markdown_reads(text, shown):
    assert plain(text) == shown


@pytest.mark.parametrize(
    "shown",
    [
        comment(replace(FAILED, said=EVIL)),
        comment(replace(FAILED, words=EVIL)),
        comment(replace(FAILED, steps=(Step(at=START, text=EVIL, agent=True),))),
        comment(replace(FAILED, steps=(Step(at=START, text=EVIL, agent=False),))),
        pull_body(WORKING, EVIL, []),
        pull_body(WORKING, "Done.", [(EVIL, 1, 1)]),
    ],
    ids=["said", "words", "agent's step", "our step", "body", "path"],
)
def test_no_words_of_an_agent_imitate_ours(shown):
    assert re.findall("<!--[^>]*>", shown) == [marker(WORKING.id)]
    assert "@ann" not in shown
    assert "fixes #1" not in shown
    assert shown.splitlines()[-1].startswith(("Asked for by ann.", "Made by **tidy** for ann."))
    assert shown.count("\n```") in {0, 2}


def test_marks_tell_runs_apart():
    assert marker(RunId("01J")) not in marker(RunId("01J2"))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Imports are in a mess!", "greenroom/tidy/7-imports-are-in-a-mess"),
        ("", "greenroom/tidy/7"),
        ("混乱", "greenroom/tidy/7"),
        ("../..//x.lock@{0}", "greenroom/tidy/7-x-lock-0"),
        ("a" * 39 + " b", f"greenroom/tidy/7-{'a' * 39}"),
    ],
)
def test_a_branch_is_named_after_its_issue(title, name):
    assert branch("tidy", 7, title) == name


@pytest.mark.parametrize(
    ("name", "following"),
    [
        ("greenroom/tidy/7", "greenroom/tidy/7-2"),
        ("greenroom/tidy/7-it-hangs", "greenroom/tidy/7-it-hangs-2"),
        ("greenroom/tidy/7-it-hangs-9", "greenroom/tidy/7-it-hangs-10"),
    ],
)
def test_a_name_that_somebody_has_gets_the_next_number(name, following):
    assert next_branch(name) == following


@given(st.lists(st.text(), min_size=20, max_size=20))
def test_git_takes_every_name_of_a_branch(titles):
    for title in titles:
        name = branch("tidy", 7, title)
        assert re.fullmatch(r"greenroom/tidy/7(-[a-z0-9]+)*", name)
        assert len(name) <= len("greenroom/tidy/7-") + 40


@pytest.mark.parametrize("title", ["x", "-", ".lock", "a..b", "@{u}", "é\u200b\n", "x" * 200])
def test_git_itself_says_so(title):
    name = branch("tidy", 7, title)
    subprocess.run(["git", "check-ref-format", "--branch", name], check=True, capture_output=True)


def test_ci_stands_in_the_comment_unless_it_has_a_pull_request_of_its_own():
    seen = replace(WORKING, subject=PULL, ci="**CI**: red")
    assert "\n\n**CI**: red\n" in comment(seen)
    assert "**CI**" not in comment(replace(seen, pull=9))
    assert check_run(seen)["summary"].endswith("**CI**: red")


def test_validations_stand_where_ci_does_and_before_it():
    seen = replace(WORKING, subject=PULL, validations="**Validations**: one", ci="**CI**: red")
    both = "**Validations**: one\n\n**CI**: red"
    assert both in comment(seen)
    assert "**Validations**" not in comment(replace(seen, pull=9))
    assert section(seen) == both
    assert check_run(seen)["summary"].endswith(both)


def test_what_models_have_cost_is_told_wherever_a_run_is_shown():
    paid = replace(DONE, spent=SPENT, ci="CI is green.")
    assert comment(paid).endswith(f"\n\n{USED} · 61 s\n\nAsked for by ann.")
    assert f"CI is green.\n\n{USED} · 61 s" in check_run(paid)["summary"]
    assert section(paid) == f"CI is green.\n\n{USED} · 61 s"


def test_an_open_run_tells_its_time_up_to_its_last_step():
    late = Step(at=START + 600, text="Running pytest", agent=True)
    view = replace(WORKING, spent=SPENT, steps=(*WORKING.steps, late))
    assert f"{USED} · 10 min" in comment(view)
    assert f"{USED} · 3 s" in comment(replace(view, steps=()))


def test_our_section_has_what_there_is_to_tell():
    assert section(DONE) == ""
    assert section(replace(DONE, ci="CI is green.")) == "CI is green."
    assert section(replace(DONE, spent=SPENT)) == f"{USED} · 61 s"


def test_where_a_run_has_been_is_told_wherever_what_it_cost_is():
    been = replace(
        DONE, reached=[Reached(host="packages.example", port=443, allowed=True, times=3)]
    )
    told = "Reached: `packages.example` (3)"
    assert f"\n\n{told}\n\nAsked for by ann." in comment(been)
    assert told in check_run(been)["summary"]
    assert section(replace(been, spent=SPENT)) == f"{USED} · 61 s\n\n{told}"
