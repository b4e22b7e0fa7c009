"""Workflow runs and their jobs."""

from typing import Any

from bot.devhub.objects import Commit
from bot.devhub.shapes import accounts, checks, commits, repositories
from bot.devhub.shapes.repositories import api_url
from bot.devhub.timestamps import iso, maybe_iso
from bot.devhub.workflow_records import Job, WorkflowRun

PATH = ".github/workflows/ci.yml"
NAME = "CI"
RUNNER = "devhub"


def workflow_id(run: WorkflowRun) -> int:
    """Return the id of the one workflow that a repository has."""
    return run.repository.id


def run(base: str, head: Commit, run: WorkflowRun) -> dict[str, Any]:
    """Return a `workflow-run`."""
    repository, suite = run.repository, run.suite
    url = f"{api_url(base, repository)}/actions/runs/{run.id}"
    suites = f"{api_url(base, repository)}/check-suites"
    status, conclusion = checks.suite_state(suite)
    before = f"{url}/attempts/{run.attempt - 1}" if run.attempt > 1 else None
    return {
        "id": run.id,
        "name": NAME,
        "node_id": accounts.node_id("WFR", run.id),
        "check_suite_id": suite.id,
        "check_suite_node_id": accounts.node_id("CS", suite.id),
        "head_branch": suite.head_branch,
        "head_sha": suite.head_sha,
        "path": PATH,
        "run_number": run.number,
        "run_attempt": run.attempt,
        "referenced_workflows": [],
        "event": run.event,
        "status": status,
        "conclusion": conclusion,
        "workflow_id": workflow_id(run),
        "url": url,
        "html_url": f"{base}/{repository.full_name}/actions/runs/{run.id}",
        "pull_requests": checks.pulls_at(base, repository, suite.head_sha),
        "created_at": iso(run.created_at),
        "updated_at": iso(suite.updated_at),
        "actor": accounts.user(base, run.actor),
        "triggering_actor": accounts.user(base, run.actor),
        "run_started_at": iso(run.started_at),
        "jobs_url": f"{url}/jobs",
        "logs_url": f"{url}/logs",
        "check_suite_url": f"{suites}/{suite.id}",
        "artifacts_url": f"{url}/artifacts",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "previous_attempt_url": before,
        "workflow_url": f"{api_url(base, repository)}/actions/workflows/{workflow_id(run)}",
        "head_commit": commits.simple_commit(head),
        "repository": repositories.repository(base, repository),
        "head_repository": repositories.repository(base, repository),
        "display_title": run.title,
    }


# What the repositories of a `workflow_run` event lack, beside those of the API.
_HOOKED = ("repository", "head_repository")
_BRIEF = (
    *("id", "node_id", "name", "full_name", "private", "owner", "html_url", "description"),
    *("fork", "url", "archive_url", "assignees_url", "blobs_url", "branches_url"),
    *("collaborators_url", "comments_url", "commits_url", "compare_url", "contents_url"),
    *("contributors_url", "deployments_url", "downloads_url", "events_url", "forks_url"),
    *("git_commits_url", "git_refs_url", "git_tags_url", "hooks_url", "issue_comment_url"),
    *("issue_events_url", "issues_url", "keys_url", "labels_url", "languages_url"),
    *("merges_url", "milestones_url", "notifications_url", "pulls_url", "releases_url"),
    *("stargazers_url", "statuses_url", "subscribers_url", "subscription_url", "tags_url"),
    *("teams_url", "trees_url"),
)


def hooked_run(base: str, head: Commit, record: WorkflowRun) -> dict[str, Any]:
    """Return the run of a `workflow_run` event, whose repositories are short."""
    whole = run(base, head, record)
    return {
        **whole,
        **{name: {word: whole[name][word] for word in _BRIEF} for name in _HOOKED},
    }


def workflow(base: str, run: WorkflowRun) -> dict[str, Any]:
    """Return a `workflow`: the file that a run is a run of."""
    repository, number = run.repository, workflow_id(run)
    html = f"{base}/{repository.full_name}"
    return {
        "id": number,
        "node_id": accounts.node_id("W", number),
        "name": NAME,
        "path": PATH,
        "state": "active",
        "created_at": iso(repository.created_at),
        "updated_at": iso(repository.created_at),
        "url": f"{api_url(base, repository)}/actions/workflows/{number}",
        "html_url": f"{html}/blob/{repository.default_branch}/{PATH}",
        "badge_url": f"{html}/workflows/{NAME}/badge.svg",
    }


def job(base: str, job: Job) -> dict[str, Any]:
    """Return a `job`."""
    repository, check = job.run.repository, job.check
    repo, runs = api_url(base, repository), f"{base}/{repository.full_name}/actions/runs"
    started = check.started_at or check.created_at
    runner = None if check.status == "queued" else RUNNER
    return {
        "id": check.id,
        "run_id": job.run.id,
        "workflow_name": NAME,
        "head_branch": job.run.suite.head_branch,
        "run_url": f"{repo}/actions/runs/{job.run.id}",
        "run_attempt": job.attempt,
        "node_id": accounts.node_id("CR", check.id),
        "head_sha": check.head_sha,
        "url": f"{repo}/actions/jobs/{check.id}",
        "html_url": f"{runs}/{job.run.id}/job/{check.id}",
        "status": check.status,
        "conclusion": check.conclusion,
        "created_at": iso(check.created_at),
        "started_at": iso(started),
        "completed_at": maybe_iso(check.completed_at),
        "name": check.name,
        "steps": [_step(job)] if check.status == "completed" else [],
        "check_run_url": f"{repo}/check-runs/{check.id}",
        "labels": ["ubuntu-latest"],
        "runner_id": None if runner is None else 1,
        "runner_name": runner,
        "runner_group_id": None if runner is None else 1,
        "runner_group_name": runner,
    }


def _step(job: Job) -> dict[str, Any]:
    check = job.check
    return {
        "name": "Run",
        "status": "completed",
        "conclusion": "success" if check.conclusion == "success" else "failure",
        "number": 1,
        "started_at": maybe_iso(check.started_at),
        "completed_at": maybe_iso(check.completed_at),
    }
