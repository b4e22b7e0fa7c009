from dataclasses import replace

from bot.agents.playbook import report
from bot.agents.playbook.changes import Patch, Replace
from bot.agents.playbook.moves import ANYWAY, LEAVE
from bot.agents.playbook.report import Report, Trial
from bot.agents.tidied import Ran

LINE = Replace(author="alice", path="src/a.py", first=3, last=4, text="x\n")
PATCH = Patch(author="bob", text="")
GIVEN = Patch(author="", text="")
RUFF = Ran(name="ruff format", command="ruff format .", version="`ruff 1.0`", changed=True)
PASSED = Trial(command="pytest -q", result="passed")
FAILED = Trial(command="npm test", result="failed", words="one\ntwo\nexpected 1, got 2")
ABSENT = Trial(command="go test ./...", result="not run", words="go is not there.")

WHOLE = """\
**What was applied**

- the suggestion by alice for `src/a.py:3-4`
- the patch by bob

**What ran**

| command | version |
| --- | --- |
| `ruff format .` | `ruff 1.0` |

**What is left:** nothing that these tools report.

**Tests**

`pytest -q` passed.

`npm test` failed, as it did without the changes:

```text
one
two
expected 1, got 2
```

`go test ./...` could not be run: go is not there.
"""


def test_the_whole_text_of_a_pull_request():
    tested = [PASSED, FAILED.since(before=True), ABSENT]
    assert report.body(Report(applied=(LINE, PATCH), ran=(RUFF,), tested=tested)) == WHOLE


def test_a_single_line_is_named_once():
    one = replace(LINE, last=LINE.first)
    assert "- the suggestion by alice for `src/a.py:3`\n" in report.body(Report(applied=(one,)))


def test_a_title_says_whose_changes_were_applied():
    assert report.title(Report(applied=(LINE,))) == "Apply the suggestion by alice for src/a.py"
    assert report.title(Report(applied=(GIVEN,))) == "Apply the given patch"
    assert report.title(Report(applied=(GIVEN, GIVEN))) == "Apply 2 suggested changes"
    both = Report(applied=(LINE, PATCH, LINE))
    assert report.title(both) == "Apply 3 suggested changes by alice and bob"
    assert report.title(Report(ran=(RUFF,))) == "Apply ruff format"


def test_work_that_a_push_has_overtaken_is_named_for_that():
    kept = Report(kept=True, ran=(RUFF,), tested=[PASSED])
    assert report.title(kept) == report.KEPT
    assert report.title(Report(kept=True, applied=(PATCH,))) == "Apply the patch by bob"
    assert report.body(kept).startswith(
        "What was made before is now on top of what somebody has pushed meanwhile.\n\n**What ran**"
    )
    assert "What ran" not in report.body(Report(kept=True))


def test_that_there_are_no_tests_is_said():
    text = report.body(Report(applied=(GIVEN,)))
    assert text.endswith("\n\n**Tests:** I found none that I know how to run.\n")


def test_tests_that_failed_before_were_not_broken():
    assert Report(tested=[PASSED, FAILED]).broke_tests
    assert not Report(tested=[PASSED, FAILED.since(before=True), ABSENT]).broke_tests


def test_why_nothing_is_handed_in():
    assert report.nothing(Report(applied=(LINE,))) == "What was suggested is in the files already."
    assert report.nothing(Report(tested=[PASSED, FAILED, ABSENT])) == (
        "pytest -q passed. npm test failed. expected 1, got 2 "
        "go test ./... could not be run: go is not there."
    )
    assert report.nothing(Report(missing=["black"], tested=[PASSED])) == (
        "Configured, but not available to the run: black. pytest -q passed."
    )
    assert report.nothing(Report()).startswith("This repository configures no formatter")


def test_the_question_about_broken_tests_can_be_answered_by_the_same_words_and_more():
    told = Report(applied=(LINE,), tested=[PASSED, FAILED])
    text, choices = report.about_tests(told, "apply\nit")
    assert "expected 1, got 2" in text
    assert "pytest" not in text
    assert choices == (f"apply it {ANYWAY}", LEAVE)


def test_an_instruction_that_is_no_button_is_not_offered_as_one():
    told = Report(applied=(GIVEN,), tested=[FAILED])
    assert report.about_tests(told, "```diff\n+a\n```")[1] == (LEAVE,)
    assert report.about_tests(told, "word " * 40)[1] == (LEAVE,)


def test_why_a_change_cannot_be_made_is_quoted():
    words = report.about_change(PATCH, "error: ``` does not apply")
    assert words.startswith("I cannot apply the patch by bob.\n\n````text\nerror:")
