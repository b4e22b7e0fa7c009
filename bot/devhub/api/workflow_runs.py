"""Actions: workflow runs, their jobs, the jobs' logs, and running them again.

https://docs.github.com/en/rest/actions/workflow-runs
https://docs.github.com/en/rest/actions/workflow-jobs
"""

from typing import Any

from bot.devhub import objects
from bot.devhub.api.calls import Call, Reply
from bot.devhub.api.pages import page
from bot.devhub.events import check_run_event
from bot.devhub.problems import Problem, not_found
from bot.devhub.shapes import checks
from bot.devhub.shapes import workflows as shapes
from bot.devhub.workflow_records import Job, WorkflowRun

# "up to 30 days after its initial run"
# https://docs.github.com/en/actions/how-tos/manage-workflow-runs/re-run-workflows-and-jobs
LONGEST_AGO = 30 * 86400.0


def _run(call: Call) -> WorkflowRun:
    return call.identified(
        {each.id: each for each in call.hub.workflows.of(call.repository)}, "run_id"
    )


def _job(call: Call) -> Job:
    job = call.identified(call.hub.workflows.jobs, "job_id")
    if job.run.repository is not call.repository:
        raise not_found()
    return job


async def _shape(call: Call, run: WorkflowRun) -> dict[str, Any]:
    head = await objects.commit(call.repository.path, run.suite.head_sha)
    return shapes.run(call.hub.base, head, run)


async def index(call: Call) -> Reply:
    """Return the runs, newest first, filtered by the query."""
    query = call.query
    found = [
        each
        for each in reversed(call.hub.listed(call.hub.workflows.of(call.repository)))
        if query.get("head_sha") in {None, each.suite.head_sha}
        and query.get("branch") in {None, each.suite.head_branch}
        and query.get("event") in {None, each.event}
        and query.get("check_suite_id") in {None, str(each.suite.id)}
        and query.get("status") in {None, *checks.suite_state(each.suite)}
    ]
    shown = [await _shape(call, each) for each in found]
    return page(call, shown, lambda each: each, under="workflow_runs")


async def show(call: Call) -> Reply:
    """Return one run."""
    return Reply(body=await _shape(call, _run(call)))


async def jobs(call: Call) -> Reply:
    """Return the jobs of a run, of its last attempt unless the query wants all."""
    run = _run(call)
    listed = run.jobs if call.query.get("filter") == "all" else run.latest
    return page(call, listed, lambda each: shapes.job(call.hub.base, each), under="jobs")


async def job(call: Call) -> Reply:
    """Return one job."""
    return Reply(body=shapes.job(call.hub.base, _job(call)))


async def logs(call: Call) -> Reply:
    """Redirect to where the log lies for a minute, open to whoever knows the address."""
    found = _job(call)
    if found.log is None:
        raise not_found()
    secret = call.hub.workflows.lend(found.log, call.hub.now())
    return Reply(status=302, headers={"Location": f"{call.hub.base}/_logs/{secret}"})


async def rerun(call: Call) -> Reply:
    """Have a job run again; it becomes another job, of the run's next attempt."""
    found = _job(call)
    _check_again(call, found.run, "The workflow run containing this job is already running")
    check_run_event(call.scene, found.check, "rerequested")
    return Reply(body={}, status=201)


async def rerun_failed(call: Call) -> Reply:
    """Have all jobs run again that did not succeed."""
    run = _run(call)
    _check_again(call, run, "This workflow run is already running")
    failed = [each for each in run.latest if each.check.conclusion != "success"]
    if not failed:
        raise Problem(403, "This workflow run cannot be retried: no job has failed")
    for each in failed:
        check_run_event(call.scene, each.check, "rerequested")
    return Reply(body={}, status=201)


def _check_again(call: Call, run: WorkflowRun, running: str) -> None:
    if checks.suite_state(run.suite)[0] != "completed":
        raise Problem(403, running)
    if run.created_at < call.hub.now() - LONGEST_AGO:
        words = "Unable to retry this workflow run because it was created over a month ago"
        raise Problem(403, words)
