"""Commit statuses."""

from collections.abc import Sequence
from typing import Any

from bot.devhub.objects import Commit
from bot.devhub.records import Repository, Status
from bot.devhub.shapes import accounts, commits, repositories
from bot.devhub.shapes.repositories import api_url
from bot.devhub.timestamps import iso


def _simple(base: str, repository: Repository, status: Status) -> dict[str, Any]:
    return {
        "url": f"{api_url(base, repository)}/statuses/{status.head_sha}",
        "avatar_url": f"{base}/avatars/{status.creator.id}",
        "id": status.id,
        "node_id": accounts.node_id("SC", status.id),
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "created_at": iso(status.created_at),
        "updated_at": iso(status.created_at),
    }


def status(base: str, repository: Repository, status: Status) -> dict[str, Any]:
    """Return a `status`."""
    return {
        **_simple(base, repository, status),
        "creator": accounts.user(base, status.creator),
    }


def folded(statuses: Sequence[Status]) -> str:
    """Return the one state that GitHub makes of the latest statuses.

    "failure if any of the contexts report as error or failure; pending if there are no
    statuses or a context is pending; success if the latest status for all contexts is success"
    https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference
    """
    states = {each.state for each in statuses}
    if states & {"error", "failure"}:
        return "failure"
    return "success" if states == {"success"} else "pending"


def combined(
    base: str, repository: Repository, sha: str, latest: Sequence[Status], shown: Sequence[Status]
) -> dict[str, Any]:
    """Return a `combined-commit-status`.

    Args:
        base: the hub's address.
        repository: where the commit is.
        sha: the commit.
        latest: the latest status of each context, all of them.
        shown: those of this page.
    """
    url = f"{api_url(base, repository)}/commits/{sha}"
    return {
        "state": folded(latest),
        "statuses": [_simple(base, repository, each) for each in shown],
        "sha": sha,
        "total_count": len(latest),
        "repository": repositories.repository(base, repository),
        "commit_url": url,
        "url": f"{url}/status",
    }


def hooked(
    base: str, repository: Repository, status: Status, head: Commit, branches: Sequence[str]
) -> dict[str, Any]:
    """Return what a `status` event says besides the repository: it has no object of its own."""
    told = _simple(base, repository, status)
    words = ("id", "avatar_url", "context", "created_at", "description", "state", "target_url")
    short = [commits.short_branch(base, repository, (name, head.sha)) for name in branches]
    return {
        **{word: told[word] for word in words},
        "updated_at": told["updated_at"],
        "sha": status.head_sha,
        "name": repository.full_name,
        "commit": commits.commit(base, repository, head),
        "branches": short,
    }
