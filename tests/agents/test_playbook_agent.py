"""The built-in agent as a process, in conversation with our client, on real repositories."""

import asyncio
import json
import shutil
import sys
from pathlib import Path

import pytest

from bot.agents.events import Turn
from bot.agents.playbook import report
from tests.agents.played import Played, text

RUFF = shutil.which("ruff", path=str(Path(sys.executable).parent))
PATCH = "```diff\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x=1\n+x = 1\n```\n"
PASSES = {"Makefile": "test:\n\t@touch left; echo fine\n"}
NEEDS_OLD = {"Makefile": "test:\n\t@grep -q x=1 a.py || { echo 'x is not 1'; exit 1; }\n"}
FAILS = {"Makefile": "test:\n\t@echo always; exit 1\n"}


@pytest.fixture
def played(tmp_path, door):
    return Played(tmp_path, door)


async def test_a_patch_is_applied_tested_and_handed_in(played):
    played.repository(PASSES)
    assert await played.play(f"apply this\n{PATCH}") == Turn(stop="end_turn")
    (output,) = played.outputs
    assert (output["kind"], output["title"]) == ("pull_request", "Apply the given patch")
    assert "`make test` passed." in output["body"]
    assert (played.top / "a.py").read_text() == "x = 1\n"
    assert not (played.top / "left").exists()
    assert played.lines == [
        "Applying the given patch",
        "Running the tests",
        "Handing in the changes",
    ]
    assert played.status == 0


async def test_a_suggestion_on_a_pull_request_is_pushed(played):
    played.repository()
    comment = text("alice", "```suggestion\nx = 1\n```", path="a.py", line=1, trusted=False)
    await played.play("apply the suggestion of @alice", comment, kind="pull")
    (output,) = played.outputs
    assert output["kind"] == "push"
    assert "I found none that I know how to run" in output["body"]


async def test_on_a_forks_pull_request_the_changes_go_below_a_comment(played):
    played.repository()
    played.granted = "comment noop question"
    await played.play(f"apply this\n{PATCH}", kind="pull")
    (output,) = played.outputs
    assert output["kind"] == "comment"
    assert output["body"].startswith("**Apply the given patch**\n\n**What was applied**")


async def test_a_patch_that_does_not_apply_is_asked_about(played):
    played.repository({"a.py": "y=1\n"})
    assert await played.play(f"apply this\n{PATCH}") == Turn(stop="end_turn", asked=True)
    ((words, choices),) = played.questions
    assert words.startswith("I cannot apply the given patch.")
    assert "patch does not apply" in words
    assert choices == ("Leave it",)
    assert played.outputs == []
    assert played.status == 0


async def test_a_change_that_breaks_the_tests_is_asked_about(played):
    played.repository(NEEDS_OLD)
    await played.play("apply it", text("alice", PATCH))
    ((words, choices),) = played.questions
    assert "x is not 1" in words
    assert choices == ("apply it although the tests fail", "Leave it")
    assert (played.top / "a.py").read_text() == "x=1\n"


async def test_the_answer_to_that_hands_it_in_and_says_so(played):
    played.repository(NEEDS_OLD)
    await played.play("apply it although the tests fail", text("alice", PATCH))
    assert "`make test` failed:\n\n```text\nx is not 1" in played.outputs[0]["body"]
    assert (played.top / "a.py").read_text() == "x = 1\n"


async def test_tests_that_failed_before_do_not_hold_it_up(played):
    played.repository(FAILS)
    await played.play("apply it", text("alice", PATCH))
    assert "`make test` failed, as it did without the changes" in played.outputs[0]["body"]


async def test_a_program_that_is_missing_is_told_and_not_taken_for_a_failure(played):
    played.repository({"go.mod": "module x\n"})
    await played.play("run the tests")
    (output,) = played.outputs
    assert output["kind"] == "noop"
    assert output["reason"] == "go test ./... could not be run: go is not there."


async def test_where_nobody_can_be_asked_nothing_is_done(played):
    played.repository()
    played.taken = False
    assert await played.play("make it faster") == Turn(stop="end_turn")
    (output,) = played.outputs
    assert output["reason"].startswith("I had a question, and nobody to ask: I follow fixed")


async def test_without_the_permission_to_edit_nothing_is_changed(played):
    played.repository()
    played.allowed = frozenset()
    await played.play(f"apply this\n{PATCH}")
    assert played.outputs == [{"kind": "noop", "reason": "I was not allowed to change the files."}]
    assert (played.top / "a.py").read_text() == "x=1\n"


async def test_the_repositorys_own_tools_are_run_and_leave_nothing_behind(played):
    (played.tools / "ruff").symlink_to(RUFF)
    played.repository({"pyproject.toml": "[tool.ruff.format]\n[tool.black]\n"})
    await played.play("format the code")
    missing, output = played.outputs
    assert (missing["kind"], missing["name"]) == ("missing_tool", "black")
    assert output["title"] == "Apply ruff format"
    assert (played.top / "a.py").read_text() == "x = 1\n"


async def test_an_output_that_is_refused_is_the_agents_failure(played):
    played.repository()
    played.door[1].append((422, {"accepted": False, "words": "The limit is reached."}))
    assert (await played.play("leave it")).went_well
    assert played.lines == [
        "Leaving everything as it is",
        "Nothing to hand in",
        "Refused: The limit is reached.",
    ]
    assert played.status == 1


async def test_what_runs_is_stopped_with_the_turn(played):
    played.repository({"Makefile": "test:\n\tsleep 600\n"})
    async with played.talking("run the tests") as conversation:
        held = asyncio.create_task(conversation.hold())
        await played.said.wait()
        await conversation.cancel()
        assert await held == Turn(stop="cancelled")
    assert played.status == 0


async def test_a_client_that_goes_away_is_not_worked_for(played):
    played.repository({"Makefile": "test:\n\tsleep 600\n"})
    async with played.talking("run the tests") as conversation:
        held = asyncio.create_task(conversation.hold())
        await played.said.wait()
        played.agent.stdin.close()
        assert (await held).trouble.endswith("It broke the conversation off.")


async def test_a_session_goes_on_in_another_home(played, tmp_path):
    played.repository()
    await played.play("leave it")
    (kept,) = (played.home / ".playbook").iterdir()
    played.home, played.session = tmp_path / "other", kept.stem
    (played.home / ".playbook").mkdir(parents=True)
    shutil.copy(kept, played.home / ".playbook")
    assert (await played.play("leave it")).went_well
    again = (played.home / ".playbook" / kept.name).read_text().splitlines()
    said = ["who" in json.loads(line) for line in again]
    assert said == [True, True, False] * 2


async def test_what_a_broken_off_turn_was_told_is_remembered_of_the_one_that_does_it(played):
    played.repository()
    played.messages = [message("steer", "leave it")]
    await played.play("format it")
    (kept,) = (played.home / ".playbook").iterdir()
    lines = [json.loads(line) for line in kept.read_text().splitlines()]
    told = [[each["text"] for each in line["messages"]] for line in lines if "did" in line]
    assert told == [[], ["leave it"]]


@pytest.mark.parametrize("name", ["0" * 32, "../../etc/passwd"])
async def test_a_session_that_never_was_is_refused_and_a_new_one_begun(played, name):
    played.repository()
    played.session = name
    assert (await played.play("leave it")).went_well
    assert "session/load with an error: Resource not found" in played.lines[0]
    (made,) = (played.home / ".playbook").iterdir()
    assert made.stem != name


def message(kind, words=""):
    return {"kind": kind, "text": words, "texts": []}


MORE = "```diff\n--- /dev/null\n+++ b/b.py\n@@ -0,0 +1 @@\n+new\n```\n"


async def test_a_job_that_was_broken_off_is_done_again_from_the_base(played):
    played.repository(NEEDS_OLD)
    (played.top / "a.py").write_text("x = 1\n")
    (played.top / "half.py").write_text("half\n")
    await played.play("apply it although the tests fail", text("alice", PATCH))
    (output,) = played.outputs
    assert output["title"] == "Apply the patch by alice"
    assert "`make test` failed:\n\n```text\nx is not 1" in output["body"]
    assert (played.top / "a.py").read_text() == "x = 1\n"
    assert not (played.top / "half.py").exists()


async def test_without_a_base_the_tree_as_found_is_what_counts(played):
    played.repository()
    played.base = "f" * 40
    (played.top / "a.py").write_text("x = 1\n")
    await played.play(f"apply this\n{PATCH}")
    (output,) = played.outputs
    assert output["reason"] == "What was suggested is in the files already."


async def test_a_word_that_came_meanwhile_is_done_on_top_in_the_same_session(played):
    played.repository()
    played.turns = [message("steer", f"apply this\n{MORE}")]
    await played.play(f"apply this\n{PATCH}")
    first, second = played.outputs
    assert (first["title"], second["title"]) == (
        "Apply the given patch",
        "Apply 2 suggested changes",
    )
    assert (played.top / "a.py").read_text() == "x = 1\n"
    assert (played.top / "b.py").read_text() == "new\n"


async def test_a_word_that_breaks_the_tests_leaves_what_was_handed_in(played):
    both = {"Makefile": "test:\n\t@! test -e b.py\n"}
    played.repository(both)
    (played.tools / "test").symlink_to(shutil.which("test"))
    played.turns = [message("steer", f"apply this\n{MORE}")]
    assert (await played.play(f"apply this\n{PATCH}")).asked
    assert [each["kind"] for each in played.outputs] == ["pull_request"]
    assert (played.top / "a.py").read_text() == "x = 1\n"
    assert not (played.top / "b.py").exists()


async def test_what_a_push_has_overtaken_is_kept_and_handed_in_again(played):
    played.repository(FAILS)
    (played.top / "b.py").write_text("new\n")
    played.messages = [message("push", "Somebody has pushed.")]
    await played.play(f"apply this\n{PATCH}", kind="pull")
    (output,) = played.outputs
    assert (output["kind"], output["title"]) == ("push", report.KEPT)
    assert "`make test` failed, as it did without the changes" in output["body"]
    assert (played.top / "b.py").read_text() == "new\n"
    assert (played.top / "a.py").read_text() == "x=1\n"


async def test_after_a_push_that_overtook_nothing_nothing_is_done(played):
    played.repository(FAILS)
    played.messages = [message("push", "Somebody has pushed.")]
    await played.play("format it", kind="pull")
    assert played.outputs == [{"kind": "noop", "reason": "Nothing is left for me to do."}]


async def test_work_that_does_not_fit_any_more_is_asked_about(played):
    played.repository()
    played.messages = [message("conflict", "Both sides changed: a.py.")]
    assert (await played.play(f"apply this\n{PATCH}")).asked
    ((_, choices),) = played.questions
    assert choices == ("Keep what was pushed", "Do it again on what was pushed", "Leave it")


async def test_where_a_yes_comes_first_a_plan_is_all_that_is_handed_in(played):
    played.repository(NEEDS_OLD)
    played.granted = "plan comment noop question"
    await played.play("format it", text("alice", PATCH))
    played.goes_on(message("steer", "apply it although the tests fail"))
    await played.play("format it", text("alice", PATCH))
    plan = played.outputs[-1]
    assert [each["kind"] for each in played.outputs] == ["plan", "plan"]
    assert plan["text"].startswith("- Apply the patch by alice:\n\n  ```text\n  --- a/a.py")
    assert (played.top / "a.py").read_text() == "x=1\n"
    played.granted = "plan pull_request push comment noop question"
    played.goes_on(message("plan", plan["text"]))
    await played.play("format it", text("alice", PATCH))
    assert played.outputs[-1]["title"] == "Apply the patch by alice"


async def test_what_git_cannot_do_is_told_in_its_words(played):
    turn = await played.play("leave it")
    assert "session/prompt with an error: Internal error" in turn.trouble
    assert "not a git repository" in turn.trouble
