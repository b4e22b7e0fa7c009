"""The main job with the real processes: a label becomes a pull request, or a plain no."""

import base64
import json

import pytest

from bot.demo.project import run
from tests.published.recording import check_recording
from tests.stories.project import HANGS, TIDIED, UNTIDY
from tests.stories.verdict import wrong_after_failure, wrong_after_success

pytestmark = pytest.mark.asyncio(loop_scope="module")

BRANCH = "greenroom/tidy/1-tidy-this-up"


async def test_a_label_becomes_one_pull_request(done):
    assert await wrong_after_success(done) == []
    assert sorted(await done.branches()) == [BRANCH, "main"]


async def test_the_diff_is_what_the_projects_own_tools_make(done):
    (file,) = await done.get("/pulls/2/files")
    assert (file["filename"], file["status"]) == ("sums.py", "modified")
    at_head = await done.get("/contents/sums.py", ref=BRANCH)
    assert base64.b64decode(at_head["content"]).decode().strip() == TIDIED.strip()


async def test_the_pull_request_says_what_was_done_and_why(done):
    pull = await done.get("/pulls/2")
    assert (pull["base"]["ref"], pull["head"]["ref"]) == ("main", BRANCH)
    assert pull["user"]["login"] == "greenroom[bot]"
    for words in ("ruff check --fix", "ruff format", "`sums.py`", "Closes #1", "maintainer"):
        assert words in pull["body"]


async def test_the_check_run_stands_on_the_head_and_tells_the_end(done):
    pull = await done.get("/pulls/2")
    (run,) = await done.checks(pull["head"]["sha"])
    assert run["name"] == "greenroom / tidy"
    assert (run["status"], run["conclusion"]) == ("completed", "success")
    assert run["output"]["title"] == "✅ opened #2"


async def test_one_comment_is_edited_from_step_to_step(town, done):
    lines = map(json.loads, town.recording.read_text().splitlines())
    at = f"/repos/{done.repo}/issues/"
    told = [
        (line["method"], line["request_body"]["body"])
        for line in lines
        if line["kind"] == "api"
        and line["path"].startswith(at)
        and line["method"] in {"POST", "PATCH"}
        and "body" in (line["request_body"] or {})
    ]
    assert [method for method, _ in told] == ["POST"] + ["PATCH"] * (len(told) - 1)
    assert len(told) > 2
    assert "maintainer asked for `tidy`" in told[0][1]
    for words in ("Preparing a workspace", "The agent is at work", "Running ruff", "Opened #2"):
        assert words in told[-1][1]


async def test_somebody_who_may_not_write_is_told_so_once(town, visitor):
    asked = await town.issue()
    at = f"/repositories/{asked.repo}/collaborators/visitor"
    await town.control(f"PUT {at}", role="triage")
    for _ in range(2):
        await asked.label(visitor)
        await asked.quiet()
    assert asked.run() is None
    assert await asked.reactions() == ["confused"]
    (comment,) = await asked.comments()
    assert "visitor, this was not done" in comment["body"]
    assert await asked.labels() == []


async def test_a_label_that_names_no_agent_is_answered(town):
    asked = await town.issue()
    await asked.label(label="agent:magic")
    await asked.quiet()
    (comment,) = await asked.comments()
    assert "There is no agent `agent:magic`" in comment["body"]
    assert asked.run() is None


async def test_taking_the_label_off_stops_the_agent(town):
    asked = await town.issue(HANGS)
    await asked.label()
    await asked.working()
    await asked.unlabel()
    await asked.settled()
    assert asked.run()[2:] == ("cancelled", "The label was taken off.")
    assert await wrong_after_failure(asked, "The label was taken off.") == []


async def test_closing_the_issue_stops_the_agent(town):
    asked = await town.issue(HANGS)
    await asked.label()
    await asked.working()
    await asked.close()
    await asked.settled()
    assert asked.run()[2:] == ("cancelled", "The issue was closed.")
    assert await wrong_after_failure(asked, "The issue was closed.") == []


async def test_an_agent_that_never_ends_is_stopped_when_its_time_is_over(town):
    asked = await town.issue(HANGS)
    await asked.label()
    await asked.working()
    town.move(15 * 60)
    await asked.settled()
    assert asked.run()[2] == "timed_out"
    assert await wrong_after_failure(asked, "ran out of time") == []


async def test_an_app_that_is_taken_away_lets_go_of_its_job(town):
    asked = await town.issue(HANGS)
    await asked.label()
    await asked.working()
    await town.without(asked)
    await asked.stopped()
    assert asked.run()[2] == "cancelled"
    await town.everywhere()


async def test_a_tidy_project_needs_no_pull_request(town):
    asked = await town.done({**UNTIDY, "sums.py": TIDIED})
    assert asked.run()[2] == "neutral"
    assert await wrong_after_failure(asked, "Nothing") == []


async def test_a_change_of_protected_files_is_not_delivered(town):
    asked = await town.done({**UNTIDY, ".github/release.py": "import os,sys\n"})
    assert asked.run()[2] == "failure"
    assert await wrong_after_failure(asked, ".github/release.py") == []


async def test_a_push_that_github_refuses_ends_with_its_words(town):
    asked = await town.issue()
    repository = town.root / "devhub" / "repositories" / f"{asked.repo}.git"
    rule = ("config", "--add", "receive.hideRefs", "refs/heads/greenroom")
    assert await run("git", "-C", str(repository), *rule) == 0
    await asked.label()
    await asked.settled()
    assert asked.run()[2] == "failure"
    assert await wrong_after_failure(asked, "GitHub refused it: deny updating a hidden ref") == []


async def test_all_that_was_said_is_in_githubs_description(town, done):
    assert await wrong_after_success(done) == []
    assert check_recording(town.recording) == []
