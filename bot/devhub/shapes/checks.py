"""Check runs and check suites."""

from typing import Any

from bot.devhub.objects import Commit
from bot.devhub.records import CheckRun, CheckSuite, Repository
from bot.devhub.shapes import accounts, apps, commits, pulls, repositories
from bot.devhub.shapes.repositories import api_url
from bot.devhub.timestamps import iso, maybe_iso

# From bad to good: a suite shows the worst of its runs.
_WORST_FIRST = (
    "action_required",
    "timed_out",
    "cancelled",
    "failure",
    "neutral",
    "skipped",
    "success",
)


def run(base: str, repository: Repository, run: CheckRun) -> dict[str, Any]:
    """Return a `check-run`."""
    return {**_run(base, repository, run), "check_suite": {"id": run.suite.id}}


def hooked_run(base: str, repository: Repository, run: CheckRun) -> dict[str, Any]:
    """Return a `check-run-with-simple-check-suite`, as webhooks carry it."""
    return {
        **_run(base, repository, run),
        "check_suite": {
            **_suite(base, repository, run.suite),
            "app": apps.app(base, run.suite.app),
        },
    }


def _run(base: str, repository: Repository, run: CheckRun) -> dict[str, Any]:
    url = f"{api_url(base, repository)}/check-runs/{run.id}"
    html = f"{base}/{repository.full_name}/runs/{run.id}"
    return {
        "id": run.id,
        "name": run.name,
        "node_id": accounts.node_id("CR", run.id),
        "head_sha": run.head_sha,
        "external_id": run.external_id,
        "url": url,
        "html_url": html,
        "details_url": run.details_url or html,
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": maybe_iso(run.started_at),
        "completed_at": maybe_iso(run.completed_at),
        "output": {
            **{field: run.output.get(field) for field in ("title", "summary", "text")},
            "annotations_count": len(run.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "app": apps.app(base, run.suite.app),
        "pull_requests": pulls_at(base, repository, run.head_sha),
    }


def pulls_at(base: str, repository: Repository, sha: str) -> list[dict[str, Any]]:
    """Return the open pull requests whose head is a commit, from the repository's own branches.

    "Pushes to a branch in a forked repository are not detected and return an empty
    `pull_requests` array and a null value for `head_branch`."
    https://docs.github.com/en/rest/checks/runs#create-a-check-run
    """
    return [
        pulls.minimal(base, repository, each)
        for each in repository.pulls
        if each.state == "open"
        and each.pull
        and each.pull.source is repository
        and each.pull.head_sha == sha
    ]


def suite_state(suite: CheckSuite) -> tuple[str, str | None]:
    """Return a suite's status and conclusion, folded from the latest run of each name."""
    latest = list({run.name: run for run in suite.runs}.values())
    if all(run.status == "queued" for run in latest):
        return "queued", None
    if any(run.status != "completed" for run in latest):
        return "in_progress", None
    return "completed", min((str(run.conclusion) for run in latest), key=_WORST_FIRST.index)


def _suite(base: str, repository: Repository, suite: CheckSuite) -> dict[str, Any]:
    status, conclusion = suite_state(suite)
    return {
        "id": suite.id,
        "node_id": accounts.node_id("CS", suite.id),
        "head_branch": suite.head_branch,
        "head_sha": suite.head_sha,
        "status": status,
        "conclusion": conclusion,
        "url": f"{api_url(base, repository)}/check-suites/{suite.id}",
        "before": suite.before,
        "after": suite.head_sha,
        "pull_requests": pulls_at(base, repository, suite.head_sha),
        "created_at": iso(suite.created_at),
        "updated_at": iso(suite.updated_at),
    }


def hooked_suite(
    base: str, repository: Repository, head: Commit, suite: CheckSuite
) -> dict[str, Any]:
    """Return the suite of a `check_suite` event."""
    return {
        **_suite(base, repository, suite),
        "app": apps.app(base, suite.app),
        "head_commit": commits.simple_commit(head),
        "latest_check_runs_count": len({run.name for run in suite.runs}),
        "check_runs_url": f"{api_url(base, repository)}/check-suites/{suite.id}/check-runs",
        "rerequestable": True,
        "runs_rerequestable": True,
    }


def suite(base: str, repository: Repository, head: Commit, suite: CheckSuite) -> dict[str, Any]:
    """Return a `check-suite`."""
    return {
        **hooked_suite(base, repository, head, suite),
        "repository": repositories.repository(base, repository),
    }


def annotation(
    base: str, repository: Repository, run: CheckRun, given: dict[str, Any]
) -> dict[str, Any]:
    """Return a `check-annotation`."""
    optional = ("start_column", "end_column", "title", "raw_details")
    required = ("path", "start_line", "end_line", "annotation_level", "message")
    blob = f"{base}/{repository.full_name}/blob/{run.head_sha}/{given['path']}"
    return {
        **{field: given[field] for field in required},
        **{field: given.get(field) for field in optional},
        "blob_href": blob,
    }
