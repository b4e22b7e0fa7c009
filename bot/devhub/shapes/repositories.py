"""Repositories."""

from typing import Any
from urllib.parse import urlsplit

from bot.devhub.records import Repository, Role
from bot.devhub.shapes import accounts
from bot.devhub.timestamps import iso

_SUFFIXES = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}


def api_url(base: str, repository: Repository) -> str:
    """Return the address that all of a repository's API begins with."""
    return f"{base}/repos/{repository.full_name}"


def repository(base: str, repository: Repository) -> dict[str, Any]:
    """Return a `repository`, the form that is nested in other shapes."""
    url, html = api_url(base, repository), f"{base}/{repository.full_name}"
    host = urlsplit(base).hostname
    count = sum(issue.state == "open" for issue in repository.issues.values())
    return {
        "id": repository.id,
        "node_id": accounts.node_id("R", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
        "owner": accounts.user(base, repository.owner),
        "html_url": html,
        "description": repository.description,
        "fork": repository.parent is not None,
        "url": url,
        **{name: url + suffix for name, suffix in _SUFFIXES.items()},
        "created_at": iso(repository.created_at),
        "updated_at": iso(repository.updated_at),
        "pushed_at": iso(repository.pushed_at),
        "git_url": f"git://{host}/{repository.full_name}.git",
        "ssh_url": f"git@{host}:{repository.full_name}.git",
        "clone_url": f"{html}.git",
        "svn_url": html,
        "homepage": None,
        "size": 0,
        "stargazers_count": 0,
        "watchers_count": 0,
        "language": None,
        "has_issues": True,
        "has_projects": False,
        "has_downloads": True,
        "has_wiki": False,
        "has_pages": False,
        "has_discussions": False,
        "forks_count": len(repository.forks),
        "mirror_url": None,
        "archived": False,
        "disabled": False,
        "open_issues_count": count,
        "license": None,
        "allow_forking": True,
        "is_template": False,
        "web_commit_signoff_required": False,
        "topics": [],
        "visibility": "private" if repository.private else "public",
        "forks": len(repository.forks),
        "open_issues": count,
        "watchers": 0,
        "default_branch": repository.default_branch,
    }


def full(base: str, record: Repository, role: Role | None) -> dict[str, Any]:
    """Return a `full-repository`, as its own address answers."""
    return {
        **repository(base, record),
        "permissions": accounts.role_permissions(role),
        "allow_merge_commit": True,
        "allow_squash_merge": True,
        "allow_rebase_merge": False,
        "allow_auto_merge": False,
        "delete_branch_on_merge": False,
        "allow_update_branch": False,
        "network_count": len(record.forks),
        "subscribers_count": 0,
        **_ancestry(base, record),
    }


def _ancestry(base: str, record: Repository) -> dict[str, Any]:
    """Return what a fork was made of, and what the first of its line is."""
    if record.parent is None:
        return {}
    first = record.parent
    while first.parent is not None:
        first = first.parent
    return {"parent": repository(base, record.parent), "source": repository(base, first)}


def pushed(base: str, record: Repository) -> dict[str, Any]:
    """Return the repository of a `push` event, whose times are unix seconds."""
    return {
        **repository(base, record),
        "created_at": int(record.created_at),
        "pushed_at": int(record.pushed_at),
        "stargazers": 0,
        "master_branch": record.default_branch,
    }


def brief(record: Repository) -> dict[str, Any]:
    """Return the five fields that `installation` events tell of a repository."""
    return {
        "id": record.id,
        "node_id": accounts.node_id("R", record.id),
        "name": record.name,
        "full_name": record.full_name,
        "private": record.private,
    }
