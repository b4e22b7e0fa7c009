"""Pull requests."""

from typing import Any

from bot.devhub.records import Issue, Pull, Repository
from bot.devhub.shapes import accounts, issues, repositories
from bot.devhub.shapes.repositories import api_url
from bot.devhub.timestamps import iso, maybe_iso


def simple(base: str, repository: Repository, issue: Issue) -> dict[str, Any]:
    """Return a `pull-request-simple`, as lists have it."""
    pull = _part(issue)
    repo, html = api_url(base, repository), f"{base}/{repository.full_name}/pull/{issue.number}"
    url = f"{repo}/pulls/{issue.number}"
    return {
        "id": pull.id,
        "node_id": accounts.node_id("PR", issue.id),
        "url": url,
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        **{f"{name}_url": address for name, address in _addresses(repo, issue, pull).items()},
        "number": issue.number,
        "state": issue.state,
        "locked": issue.locked,
        "title": issue.title,
        "user": accounts.user(base, issue.user),
        "body": issue.body,
        "created_at": iso(issue.created_at),
        "updated_at": iso(issue.updated_at),
        "closed_at": maybe_iso(issue.closed_at),
        "merged_at": maybe_iso(pull.merged_at),
        "merge_commit_sha": pull.merge_commit_sha,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "labels": [issues.label(base, repository, each) for each in issue.labels],
        "milestone": None,
        "draft": pull.draft,
        "head": _end(base, pull.source, pull.head, pull.head_sha),
        "base": _end(base, repository, pull.base, pull.base_sha),
        "_links": _links(repo, url, html, issue, pull),
        "author_association": issues.association(repository, issue.user.id),
        "auto_merge": None,
        "active_lock_reason": issue.lock_reason,
    }


def full(base: str, repository: Repository, issue: Issue) -> dict[str, Any]:
    """Return a `pull-request`, as its own address and the webhooks have it."""
    pull = _part(issue)
    difference = pull.comparison
    merged = pull.merged_at is not None
    mergeable = None if merged or difference is None else difference.mergeable
    return {
        **simple(base, repository, issue),
        "merged": merged,
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": _mergeable_state(mergeable),
        "merged_by": None if pull.merged_by is None else accounts.user(base, pull.merged_by),
        "comments": len(issue.comments),
        "review_comments": len(pull.review_comments),
        "maintainer_can_modify": pull.maintainer_can_modify,
        "commits": difference.commits if difference else 0,
        "additions": difference.additions if difference else 0,
        "deletions": difference.deletions if difference else 0,
        "changed_files": difference.changed_files if difference else 0,
    }


def minimal(base: str, repository: Repository, issue: Issue) -> dict[str, Any]:
    """Return a `pull-request-minimal`, as check runs carry it."""
    pull, url = _part(issue), api_url(base, repository)
    repo = {"id": repository.id, "url": url, "name": repository.name}
    return {
        "id": pull.id,
        "number": issue.number,
        "url": f"{url}/pulls/{issue.number}",
        "head": {"ref": pull.head, "sha": pull.head_sha, "repo": repo},
        "base": {"ref": pull.base, "sha": pull.base_sha, "repo": repo},
    }


def _part(issue: Issue) -> Pull:
    assert issue.pull is not None, "an issue was taken for a pull request"
    return issue.pull


def _mergeable_state(mergeable: bool | None) -> str:  # noqa: FBT001 - GitHub's own three-valued field
    if mergeable is None:
        return "unknown"
    return "clean" if mergeable else "dirty"


def _end(base: str, repository: Repository, branch: str, sha: str) -> dict[str, Any]:
    return {
        "label": f"{repository.owner.login}:{branch}",
        "ref": branch,
        "sha": sha,
        "user": accounts.user(base, repository.owner),
        "repo": None if repository.deleted else repositories.repository(base, repository),
    }


def _addresses(repo: str, issue: Issue, pull: Pull) -> dict[str, str]:
    return {
        "issue": f"{repo}/issues/{issue.number}",
        "comments": f"{repo}/issues/{issue.number}/comments",
        "review_comments": f"{repo}/pulls/{issue.number}/comments",
        "review_comment": f"{repo}/pulls/comments{{/number}}",
        "commits": f"{repo}/pulls/{issue.number}/commits",
        "statuses": f"{repo}/statuses/{pull.head_sha}",
    }


def _links(repo: str, url: str, html: str, issue: Issue, pull: Pull) -> dict[str, Any]:
    links = {"self": url, "html": html, **_addresses(repo, issue, pull)}
    return {name: {"href": address} for name, address in links.items()}
