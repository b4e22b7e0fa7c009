"""Issues, comments, labels and reactions."""

from collections.abc import Sequence
from typing import Any

from bot.devhub.records import Comment, Issue, Label, Reaction, Repository
from bot.devhub.shapes import accounts, apps
from bot.devhub.shapes.repositories import api_url
from bot.devhub.timestamps import iso, maybe_iso

# https://docs.github.com/en/rest/reactions/reactions#about-reactions
REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")


def issue(base: str, repository: Repository, issue: Issue) -> dict[str, Any]:
    """Return an `issue`; a pull request is one too, told by its `pull_request`."""
    repo = api_url(base, repository)
    url = f"{repo}/issues/{issue.number}"
    kind = "issues" if issue.pull is None else "pull"
    return {
        "id": issue.id,
        "node_id": accounts.node_id("I" if issue.pull is None else "PR", issue.id),
        "url": url,
        "repository_url": repo,
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "timeline_url": f"{url}/timeline",
        "html_url": f"{base}/{repository.full_name}/{kind}/{issue.number}",
        "number": issue.number,
        "state": issue.state,
        "state_reason": issue.state_reason,
        "title": issue.title,
        "body": issue.body,
        "user": accounts.user(base, issue.user),
        "labels": [label(base, repository, each) for each in issue.labels],
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "locked": issue.locked,
        "active_lock_reason": issue.lock_reason,
        "comments": len(issue.comments),
        "closed_at": maybe_iso(issue.closed_at),
        "created_at": iso(issue.created_at),
        "updated_at": iso(issue.updated_at),
        "author_association": association(repository, issue.user.id),
        "reactions": rollup(url, issue.reactions),
        "performed_via_github_app": apps.via(base, issue.app),
        **_pull_part(base, repository, issue),
    }


def one_issue(base: str, repository: Repository, record: Issue) -> dict[str, Any]:
    """Return an issue as its own address answers: with who closed it."""
    by = record.closed_by
    closed_by = None if by is None else accounts.user(base, by)
    return {**issue(base, repository, record), "closed_by": closed_by}


def _pull_part(base: str, repository: Repository, issue: Issue) -> dict[str, Any]:
    if issue.pull is None:
        return {}
    html = f"{base}/{repository.full_name}/pull/{issue.number}"
    links = {
        "url": f"{api_url(base, repository)}/pulls/{issue.number}",
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "merged_at": maybe_iso(issue.pull.merged_at),
    }
    return {"draft": issue.pull.draft, "pull_request": links}


def label(base: str, repository: Repository, label: Label) -> dict[str, Any]:
    """Return a `label`."""
    return {
        "id": label.id,
        "node_id": accounts.node_id("LA", label.id),
        "url": f"{api_url(base, repository)}/labels/{label.name.replace(' ', '%20')}",
        "name": label.name,
        "color": label.color,
        "default": label.default,
        "description": label.description,
    }


def comment(base: str, repository: Repository, comment: Comment) -> dict[str, Any]:
    """Return an `issue-comment`."""
    repo, number = api_url(base, repository), comment.issue.number
    url = f"{repo}/issues/comments/{comment.id}"
    kind = "issues" if comment.issue.pull is None else "pull"
    return {
        "id": comment.id,
        "node_id": accounts.node_id("IC", comment.id),
        "url": url,
        "html_url": f"{base}/{repository.full_name}/{kind}/{number}#issuecomment-{comment.id}",
        "issue_url": f"{repo}/issues/{number}",
        "user": accounts.user(base, comment.user),
        "created_at": iso(comment.created_at),
        "updated_at": iso(comment.updated_at),
        "body": comment.body,
        "author_association": association(repository, comment.user.id),
        "reactions": rollup(url, comment.reactions),
        "performed_via_github_app": apps.via(base, comment.app),
    }


def association(repository: Repository, account: int) -> str:
    """Return an `author_association`, which is a hint and no gate."""
    if account == repository.owner.id:
        return "OWNER"
    return "COLLABORATOR" if account in repository.roles else "NONE"


def reaction(base: str, reaction: Reaction) -> dict[str, Any]:
    """Return a `reaction`."""
    return {
        "id": reaction.id,
        "node_id": accounts.node_id("REA", reaction.id),
        "user": accounts.user(base, reaction.user),
        "content": reaction.content,
        "created_at": iso(reaction.created_at),
    }


def rollup(url: str, reactions: Sequence[Reaction]) -> dict[str, Any]:
    """Return a `reaction-rollup`: how many of each there are."""
    counts = {name: sum(each.content == name for each in reactions) for name in REACTIONS}
    return {"url": f"{url}/reactions", "total_count": len(reactions), **counts}
