"""The built-in agent asks for validations, and makes what is given for a test that fails."""

import pytest

from tests.agents.played import Played, text

PATCH = "```diff\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x=1\n+x = 1\n```\n"
MEND = "If `zero` fails:\n\n```diff\n--- /dev/null\n+++ b/b.py\n@@ -0,0 +1 @@\n+new\n```\n"


def verdict(outcome="passed", *failing, words=""):
    said = {"outcome": outcome, "seconds": 1.0, "tests": None, "excerpt": "", "words": words}
    told = {"id": "01V", "under_way": False, "cached": False, "output": "", "after": 0}
    return 200, {**told, "verdict": {**said, "failing": failing}}


@pytest.fixture
def played(tmp_path, door):
    made = Played(tmp_path, door)
    made.validations = "unit image"
    made.repository({"Makefile": "test:\n\texit 1\n"})
    return made


def asked(played):
    return [payload["name"] for path, payload, _ in played.door[0] if path == "/validations"]


async def test_a_test_that_a_change_breaks_is_mended_by_what_is_given_for_it(played):
    played.door[1].extend([verdict("failed", "sums::zero"), verdict(), verdict()])
    await played.play("", text("ann", f"{PATCH}\n{MEND}"))
    assert asked(played) == ["unit", "unit", "image"]
    (output,) = played.outputs
    assert output["title"] == "Apply 2 suggested changes by ann"
    assert "- the patch by ann, since `zero` failed\n" in output["body"]
    assert "`unit` passed.\n\n`image` passed." in output["body"]
    assert (played.top / "b.py").read_text() == "new\n"
    assert played.lines == [
        "Applying the patch by ann",
        "Running the tests",
        "Validating unit",
        "Applying the patch by ann, since “zero” fails",
        "Validating unit",
        "Validating image",
        "Handing in the changes",
    ]


async def test_a_change_for_a_test_that_passes_is_left_out(played):
    played.door[1].extend([verdict(), verdict()])
    await played.play("", text("ann", f"{PATCH}\n{MEND}"))
    assert not (played.top / "b.py").exists()
    assert played.outputs[0]["title"] == "Apply the patch by ann"


async def test_what_fails_without_the_changes_too_does_not_hold_them_up(played):
    played.door[1].extend([verdict("failed", "one"), verdict("timeout", words="Too slow.")])
    await played.play("", text("ann", f"{PATCH}\n{MEND}"))
    assert asked(played) == ["unit", "unit"]
    assert "`unit` failed, as it did without the changes" in played.outputs[0]["body"]
    assert (played.top / "a.py").read_text() == "x = 1\n"


async def test_a_validation_that_is_broken_by_the_change_is_asked_about(played):
    played.door[1].extend([verdict("failed", "one"), verdict()])
    assert (await played.play("", text("ann", f"{PATCH}\n{MEND}"))).asked
    ((words, choices),) = played.questions
    assert "`unit` failed:\n\n```text\nunit: failed (1.0 s)\n  failed: one\n```" in words
    assert choices == ("Go on although the tests fail", "Leave it")
    assert (played.top / "a.py").read_text() == "x=1\n"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (verdict("broken", words="It was stopped."), "unit: broken (1.0 s)\nIt was stopped."),
        ((422, {"words": "There is no more of it."}), "There is no more of it."),
    ],
)
async def test_without_a_verdict_the_changes_are_handed_in_and_it_is_said(played, answer, words):
    played.door[1].extend([answer, verdict()])
    await played.play("", text("ann", PATCH))
    assert f"`unit` could not be run: {words}\n\n`image` passed." in played.outputs[0]["body"]
