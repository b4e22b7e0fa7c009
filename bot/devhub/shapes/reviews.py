"""Reviews of pull requests, and comments on their diffs."""

from typing import Any

from bot.devhub.records import Issue, Repository, Review, ReviewComment
from bot.devhub.shapes import accounts
from bot.devhub.shapes.issues import association, rollup
from bot.devhub.shapes.repositories import api_url
from bot.devhub.timestamps import iso


def review(base: str, repository: Repository, record: Review) -> dict[str, Any]:
    """Return a `pull-request-review`; a pending one has no time."""
    number = record.issue.number
    html = f"{_pull_html(base, repository, record.issue)}#pullrequestreview-{record.id}"
    pull_url = f"{api_url(base, repository)}/pulls/{number}"
    when = record.submitted_at
    return {
        "id": record.id,
        "node_id": accounts.node_id("PRR", record.id),
        "user": accounts.user(base, record.user),
        "body": record.body,
        "state": record.state,
        "html_url": html,
        "pull_request_url": pull_url,
        "author_association": association(repository, record.user.id),
        "_links": {"html": {"href": html}, "pull_request": {"href": pull_url}},
        **({} if when is None else {"submitted_at": iso(when)}),
        "commit_id": record.commit_sha,
    }


def hooked_review(base: str, repository: Repository, record: Review) -> dict[str, Any]:
    """Return the review of a `pull_request_review` event: its state is in small letters."""
    when = record.submitted_at
    return {
        **review(base, repository, record),
        "state": record.state.lower(),
        "body": record.body or None,
        "submitted_at": None if when is None else iso(when),
        "updated_at": None if when is None else iso(when),
    }


def comment(base: str, repository: Repository, record: ReviewComment) -> dict[str, Any]:
    """Return a `pull-request-review-comment`."""
    issue = record.review.issue
    repo = api_url(base, repository)
    url, pull_url = f"{repo}/pulls/comments/{record.id}", f"{repo}/pulls/{issue.number}"
    html = f"{_pull_html(base, repository, issue)}#discussion_r{record.id}"
    first = record.in_reply_to
    links = {"self": url, "html": html, "pull_request": pull_url}
    return {
        "id": record.id,
        "node_id": accounts.node_id("PRRC", record.id),
        "url": url,
        "html_url": html,
        "pull_request_url": pull_url,
        "pull_request_review_id": record.review.id,
        "user": accounts.user(base, record.user),
        "body": record.body,
        "created_at": iso(record.created_at),
        "updated_at": iso(record.updated_at),
        "author_association": association(repository, record.user.id),
        "path": record.path,
        "diff_hunk": record.hunk,
        "commit_id": record.commit_sha,
        "original_commit_id": record.commit_sha,
        **_place(record),
        **({} if first is None else {"in_reply_to_id": first.id}),
        "reactions": rollup(url, record.reactions),
        "_links": {name: {"href": address} for name, address in links.items()},
    }


def thread_id(first: ReviewComment) -> str:
    """Return the node id of the thread that a comment began."""
    return accounts.node_id("PRRT", first.id)


def _place(record: ReviewComment) -> dict[str, Any]:
    """Return where in the diff it is; an outdated one has no line there any more."""
    place = {"line": record.line, "start_line": record.start_line, "position": record.position}
    now = dict.fromkeys(place) if record.outdated else place
    return {
        **now,
        **{f"original_{name}": value for name, value in place.items()},
        "side": record.side,
        "start_side": record.start_side,
        "subject_type": "file" if record.line is None else "line",
    }


def _pull_html(base: str, repository: Repository, issue: Issue) -> str:
    return f"{base}/{repository.full_name}/pull/{issue.number}"
