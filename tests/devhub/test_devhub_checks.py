"""Check runs and suites, and GitHub's limits on them."""

import pytest

from tests.devhub.stage import REPO

ACTION = {"label": "Retry", "description": "Run it again", "identifier": "retry"}
NOTE = {
    "path": "src/a.py",
    "start_line": 1,
    "end_line": 1,
    "annotation_level": "notice",
    "message": "spaces",
}


@pytest.fixture
async def head(stage):
    ref = await stage.did(f"GET {REPO}/git/ref/heads/main", stage.tokens["app"])
    return ref["object"]["sha"]


@pytest.fixture
async def run(stage, head):
    body = {"name": "greenroom / tidy", "head_sha": head, "status": "in_progress"}
    return await stage.did(f"POST {REPO}/check-runs", stage.tokens["app"], body)


async def test_a_run_is_made_completed_and_told(stage, run):
    path = f"{REPO}/check-runs/{run['id']}"
    body = {"conclusion": "success", "output": {"title": "Tidy", "summary": "All done"}}
    done = await stage.did(f"PATCH {path}", stage.tokens["app"], body)
    assert (done["status"], done["conclusion"]) == ("completed", "success")
    assert done["completed_at"]
    await stage.drained()
    assert stage.ear.names[1:] == [
        "check_run.created",
        "check_run.completed",
        "check_suite.completed",
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "completed"},
        {"completed_at": "2026-01-01T00:00:00Z"},
        {"conclusion": "stale"},
        {"name": "other", "started_at": "yesterday"},
        {"status": "waiting"},
        {"output": {"summary": "x" * 65_536, "title": "x"}},
        {"output": {"summary": "x", "title": "x", "text": "x" * 65_536}},
        {"output": {"title": "no summary"}},
        {"output": {"summary": "x", "annotations": [NOTE] * 51}},
        {"output": {"summary": "x", "annotations": [{**NOTE, "end_line": 2, "end_column": 1}]}},
        {"output": {"summary": "x", "annotations": [{"path": "a"}]}},
        {"actions": [ACTION] * 4},
        {"actions": [{**ACTION, "label": "x" * 21}]},
        {"actions": [{**ACTION, "description": "x" * 41}]},
        {"actions": [{**ACTION, "identifier": "x" * 21}]},
        {"actions": [{"label": "x"}]},
    ],
)
async def test_what_github_refuses_is_refused(stage, run, broken):
    path = f"PATCH {REPO}/check-runs/{run['id']}"
    assert (await stage.ask(path, stage.tokens["app"], broken)).status == 422
    shown = await stage.did(f"GET {REPO}/check-runs/{run['id']}", stage.tokens["app"])
    assert shown == run


async def test_a_completed_run_is_not_reopened(stage, run):
    path = f"PATCH {REPO}/check-runs/{run['id']}"
    await stage.did(path, stage.tokens["app"], {"conclusion": "failure"})
    answer = await stage.ask(path, stage.tokens["app"], {"status": "in_progress"})
    assert answer.status == 422
    again = await stage.did(path, stage.tokens["app"], {"conclusion": "success"})
    assert again["conclusion"] == "success"


async def test_annotations_are_appended_by_each_request(stage, run):
    path = f"{REPO}/check-runs/{run['id']}"
    for _ in range(2):
        output = {"summary": "x", "annotations": [NOTE] * 50}
        await stage.did(f"PATCH {path}", stage.tokens["app"], {"output": output})
    answer = await stage.ask(f"GET {path}/annotations?per_page=100", stage.tokens["app"])
    assert (len(answer.body), answer.body[0]["message"]) == (100, "spaces")
    shown = await stage.did(f"GET {path}", stage.tokens["app"])
    assert shown["output"]["annotations_count"] == 100


@pytest.mark.usefixtures("run")
async def test_lists_show_the_latest_run_of_each_name(stage, head):
    again = {"name": "greenroom / tidy", "head_sha": head}
    newer = await stage.did(f"POST {REPO}/check-runs", stage.tokens["app"], again)
    path = f"GET {REPO}/commits/main/check-runs"
    latest = await stage.did(f"{path}?check_name=greenroom%20/%20tidy", stage.tokens["app"])
    assert [each["id"] for each in latest["check_runs"]] == [newer["id"]]
    both = await stage.did(f"{path}?filter=all", stage.tokens["app"])
    assert both["total_count"] == 2


async def test_a_run_needs_a_commit_that_is_there(stage):
    body = {"name": "x", "head_sha": "0" * 40}
    answer = await stage.ask(f"POST {REPO}/check-runs", stage.tokens["app"], body)
    assert (answer.status, "No commit found" in answer.body["message"]) == (422, True)


async def test_a_button_can_be_pressed_once_the_run_is_completed(stage, run):
    press = {"repository": "acme/demo", "check_run": run["id"], "login": "ann"}
    press["identifier"] = "retry"
    path = f"PATCH {REPO}/check-runs/{run['id']}"
    await stage.did(path, stage.tokens["app"], {"actions": [ACTION]})
    assert (await stage.ask("POST /_devhub/press", body=press)).status == 422
    await stage.did(path, stage.tokens["app"], {"conclusion": "neutral"})
    await stage.person("rae", "triage")
    reader = {**press, "login": "rae"}
    assert (await stage.ask("POST /_devhub/press", body=reader)).status == 403
    await stage.did("POST /_devhub/press", body=press)
    await stage.drained()
    said = stage.ear.last("check_run")
    assert (said["action"], said["requested_action"]) == (
        "requested_action",
        {"identifier": "retry"},
    )


async def test_a_rerun_is_asked_of_the_app_and_changes_nothing(stage, run):
    await stage.did(f"POST {REPO}/check-runs/{run['id']}/rerequest", stage.tokens["ann"])
    await stage.drained()
    assert stage.ear.names[-1] == "check_run.rerequested"
