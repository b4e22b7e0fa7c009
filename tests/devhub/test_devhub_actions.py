"""Actions: workflow runs and jobs around the small CI, their logs, and running them again."""

import pytest

from tests.devhub.stage import REPO, hours
from tests.devhub.test_devhub_ci import adds, completed, pushed


@pytest.fixture
async def head(stage):
    ref = await stage.did(f"GET {REPO}/git/ref/heads/main", stage.tokens["app"])
    return ref["object"]["sha"]


async def reports(stage, head, **body):
    whole = {"repository": "acme/demo", "app": "github-actions", "name": "build", "sha": head}
    return (await stage.control("POST /checks", **{**whole, **body}))["id"]


async def reruns(stage, job):
    return await stage.ask(f"POST {REPO}/actions/jobs/{job}/rerun", stage.tokens["app"])


async def log(stage, job):
    """Follow the way to a log, and leave the token behind as one has to."""
    path = f"{stage.hub.base}{REPO}/actions/jobs/{job}/logs"
    headers = {"Authorization": f"Bearer {stage.tokens['app']}"}
    async with stage.http.get(path, headers=headers, allow_redirects=False) as answer:
        where = answer.headers["Location"]
    async with stage.http.get(where) as answer:
        return await answer.text()


async def of(stage, sha):
    """Return the one workflow run on a commit, and its jobs."""
    path = f"GET {REPO}/actions/runs?head_sha={sha}"
    (run,) = (await stage.did(path, stage.tokens["app"]))["workflow_runs"]
    jobs = await stage.did(f"GET {REPO}/actions/runs/{run['id']}/jobs", stage.tokens["app"])
    return run, jobs["jobs"]


async def test_a_push_goes_through_a_workflow(stage, tmp_path):
    assert (await adds(stage, "echo fine", actions=True))["app"] == "github-actions"
    sha = await pushed(stage, tmp_path / "work", {"new.txt": "n\n"})
    (check,) = await completed(stage, sha)
    run, (job,) = await of(stage, sha)
    assert (job["id"], job["conclusion"], job["run_id"]) == (check["id"], "success", run["id"])
    assert (run["status"], run["conclusion"], run["event"]) == ("completed", "success", "push")
    await stage.drained()
    told = [each for each in stage.ear.names if each.startswith("workflow")]
    assert told == [
        "workflow_run.requested",
        "workflow_job.queued",
        "workflow_job.in_progress",
        "workflow_run.in_progress",
        "workflow_job.completed",
        "workflow_run.completed",
    ]


async def test_a_failure_is_in_the_log_and_in_annotations_not_in_words(stage, tmp_path):
    await adds(stage, "echo src/a.py:1: bad; exit 3", actions=True)
    sha = await pushed(stage, tmp_path / "work", {"new.txt": "n\n"})
    (check,) = await completed(stage, sha)
    assert (check["output"]["summary"], check["output"]["annotations_count"]) == ("", 2)
    text = await log(stage, check["id"])
    lines = [line.split(" ", 1)[1] for line in text.splitlines()]
    assert lines[-2:] == ["src/a.py:1: bad", "##[error]Process completed with exit code 3."]


async def test_a_flaky_job_is_run_again_as_the_next_attempt(stage, tmp_path):
    await adds(stage, "true", actions=True, flake=1)
    sha = await pushed(stage, tmp_path / "work", {"new.txt": "n\n"})
    (check,) = await completed(stage, sha)
    assert (await reruns(stage, check["id"])).status == 201
    await completed(stage, sha)
    run, (job,) = await of(stage, sha)
    assert (run["run_attempt"], run["conclusion"], job["run_attempt"]) == (2, "success", 2)
    every = f"GET {REPO}/actions/runs/{run['id']}/jobs?filter=all"
    assert (await stage.did(every, stage.tokens["app"]))["total_count"] == 2
    await stage.drained()
    assert stage.ear.names.count("workflow_run.requested") == 1


async def test_what_runs_or_is_old_is_not_run_again(stage, head):
    job = await reports(stage, head, status="in_progress")
    running = await reruns(stage, job)
    assert (running.status, "already running" in running.body["message"]) == (403, True)
    await reports(stage, head, id=job, conclusion="failure")
    run, _ = await of(stage, head)
    failed = f"POST {REPO}/actions/runs/{run['id']}/rerun-failed-jobs"
    assert (await stage.ask(failed, stage.tokens["app"])).status == 201
    stage.moves(hours(31 * 24))
    token = await stage.token()
    refused = await stage.ask(f"POST {REPO}/actions/jobs/{job}/rerun", token)
    assert (refused.status, "over a month ago" in refused.body["message"]) == (403, True)


async def test_a_log_lies_at_an_address_for_a_minute(stage, head):
    job = await reports(stage, head, status="in_progress")
    path = f"{stage.hub.base}{REPO}/actions/jobs/{job}/logs"
    headers = {"Authorization": f"Bearer {stage.tokens['app']}"}
    async with stage.http.get(path, headers=headers) as early:
        assert early.status == 404
    await reports(stage, head, id=job, conclusion="failure", log="spam " * 10, log_times=100_000)
    async with stage.http.get(path, headers=headers, allow_redirects=False) as answer:
        where = answer.headers["Location"]
    async with stage.http.get(where) as answer:
        assert len(await answer.read()) == 5_000_000
    async with stage.http.get(where, headers=headers) as answer:
        assert answer.status == 400
    stage.moves(61)
    async with stage.http.get(where) as answer:
        assert answer.status == 404


async def test_any_app_reports_whatever_a_test_wants(stage, head):
    first = await reports(stage, head, app="lint", name="lint / one")
    again = await reports(stage, head, app="lint", name="lint / one", conclusion="success")
    await reports(stage, head, app="lint", id=first, name="lint / renamed", status="in_progress")
    path = f"GET {REPO}/commits/{head}/check-runs"
    shown = (await stage.did(path, stage.tokens["app"]))["check_runs"]
    assert [(each["id"], each["name"], each["status"]) for each in shown] == [
        (again, "lint / one", "completed"),
        (first, "lint / renamed", "in_progress"),
    ]
    assert {each["app"]["slug"] for each in shown} == {"lint"}
    lost = {"repository": "acme/demo", "app": "lint", "name": "x", "sha": "0" * 40}
    assert (await stage.ask("POST /_devhub/checks", body=lost)).status == 422


async def test_a_job_of_another_repository_is_not_found(stage, head):
    job = await reports(stage, head, status="in_progress")
    await stage.control("POST /repositories", owner="acme", name="other")
    path = f"GET /repos/acme/other/actions/jobs/{job}"
    assert (await stage.ask(path, stage.tokens["app"])).status == 404
    shown = await stage.did(f"GET {REPO}/actions/jobs/{job}", stage.tokens["app"])
    assert shown["status"] == "in_progress"
