"""Threads of a pull request's reviews: read, resolved, and opened again.

https://docs.github.com/en/graphql/reference/objects#pullrequestreviewthread
https://docs.github.com/en/graphql/reference/mutations#resolvereviewthread
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.devhub.api.calls import Call, sees
from bot.devhub.events import Scene, review_thread_event
from bot.devhub.permissions import reaches, satisfies
from bot.devhub.records import Account, Issue, Repository, ReviewComment
from bot.devhub.shapes import accounts
from bot.devhub.shapes import reviews as shapes
from bot.devhub.timestamps import iso

Node = Mapping[str, Any]

# Learned from refusals (github/gh-aw's issue 35726); the reference names no permissions.
_RESOLVING = "contents=write, pull_requests=write"
_MOST = 100


class Refused(Exception):
    """A field cannot be answered.

    Attributes:
        kind: GitHub's word for why, such as `NOT_FOUND`.
    """

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A comment that began a thread, and where it stands."""

    repository: Repository
    issue: Issue
    first: ReviewComment

    @property
    def comments(self) -> list[ReviewComment]:
        """Return all comments of the thread, oldest first."""
        assert self.issue.pull is not None
        said = self.issue.pull.review_comments
        return [each for each in said if self.first in {each, each.in_reply_to}]


def repository(call: Call, arguments: Node) -> Node:
    """Answer `repository(owner:, name:)`."""
    owner, name = str(arguments.get("owner")), str(arguments.get("name"))
    found = call.hub.repositories.get(f"{owner}/{name}".lower())
    if found is None or not sees(call.hub, call.caller, found):
        words = f"Could not resolve to a Repository with the name '{owner}/{name}'."
        raise Refused("NOT_FOUND", words)
    _check(call, "pull_requests=read")
    return {
        "__typename": "Repository",
        "id": accounts.node_id("R", found.id),
        "nameWithOwner": found.full_name,
        "pullRequest": lambda given: _pull(call, found, given),
    }


def _check(call: Call, needs: str) -> None:
    grant = call.caller.grant
    if grant is not None and not satisfies(grant.permissions, needs):
        raise Refused("FORBIDDEN", "Resource not accessible by integration")


def _pull(call: Call, where: Repository, arguments: Node) -> Node:
    issue = where.issues.get(arguments.get("number") or 0)
    if issue is None or issue.pull is None:
        number = arguments.get("number")
        words = f"Could not resolve to a PullRequest with the number of {number}."
        raise Refused("NOT_FOUND", words)
    found = of(where, issue)
    return {
        "__typename": "PullRequest",
        "id": accounts.node_id("PR", issue.id),
        "number": issue.number,
        "reviewThreads": lambda given: _connection(
            "PullRequestReviewThread", [_node(call, each) for each in found], given
        ),
    }


def of(where: Repository, issue: Issue) -> list[Thread]:
    """Return the threads of a pull request, oldest first."""
    said = [] if issue.pull is None else issue.pull.review_comments
    begun = [each for each in said if each.in_reply_to is None]
    return [Thread(repository=where, issue=issue, first=each) for each in begun]


def _connection(kind: str, nodes: list[Node], arguments: Node) -> Node:
    """Answer a list, a page at a time; its cursors are plain numbers."""
    size = arguments.get("first") or arguments.get("last")
    if not isinstance(size, int) or not 1 <= size <= _MOST:
        words = f"You must provide a `first` or `last` value between 1 and {_MOST}."
        raise Refused("MISSING_PAGINATION_BOUNDARIES", words)
    start = int(arguments.get("after") or 0)
    if "last" in arguments and "first" not in arguments:
        start = max(0, len(nodes) - size)
    end = min(start + size, len(nodes))
    info = {
        "__typename": "PageInfo",
        "hasNextPage": end < len(nodes),
        "hasPreviousPage": start > 0,
        "startCursor": str(start),
        "endCursor": str(end),
    }
    return {
        "__typename": f"{kind}Connection",
        "nodes": nodes[start:end],
        "totalCount": len(nodes),
        "pageInfo": info,
    }


def _node(call: Call, thread: Thread) -> Node:
    first, resolved = thread.first, thread.first.resolved_by
    may = may_resolve(call, thread)
    return {
        "__typename": "PullRequestReviewThread",
        "id": shapes.thread_id(first),
        "isResolved": resolved is not None,
        "isOutdated": first.outdated,
        "isCollapsed": resolved is not None,
        "resolvedBy": None if resolved is None else _actor("User", resolved),
        "path": first.path,
        "line": None if first.outdated else first.line,
        "originalLine": first.line,
        "startLine": None if first.outdated else first.start_line,
        "diffSide": first.side,
        "subjectType": "FILE" if first.line is None else "LINE",
        "viewerCanResolve": may and resolved is None,
        "viewerCanUnresolve": may and resolved is not None,
        "comments": lambda given: _connection(
            "PullRequestReviewComment", [_comment(call, each) for each in thread.comments], given
        ),
    }


def _comment(call: Call, comment: ReviewComment) -> Node:
    told = shapes.comment(call.hub.base, _where(call, comment), comment)
    return {
        "__typename": "PullRequestReviewComment",
        "id": told["node_id"],
        "databaseId": comment.id,
        "fullDatabaseId": str(comment.id),
        "body": comment.body,
        "url": told["html_url"],
        "createdAt": iso(comment.created_at),
        "author": _actor("Actor", comment.user),
    }


def _actor(kind: str, account: Account) -> Node:
    """Return an account; GraphQL calls bots by the name of their app."""
    return {"__typename": kind, "login": account.login.removesuffix("[bot]")}


def _where(call: Call, comment: ReviewComment) -> Repository:
    every = call.hub.repositories.values()
    return next(each for each in every if comment.id in each.review_comments)


def may_resolve(call: Call, thread: Thread) -> bool:
    """Return whether a caller may resolve: who wrote the pull request, who may write, an app."""
    grant = call.caller.grant
    if grant is not None:
        return satisfies(grant.permissions, _RESOLVING)
    own = thread.issue.user is call.actor
    return own or reaches(call.hub.role(thread.repository, call.actor), "write")


def resolve(call: Call, arguments: Node) -> Node:
    """Answer `resolveReviewThread(input:)`."""
    return _resolved(call, arguments, resolved=True)


def unresolve(call: Call, arguments: Node) -> Node:
    """Answer `unresolveReviewThread(input:)`."""
    return _resolved(call, arguments, resolved=False)


def _resolved(call: Call, arguments: Node, *, resolved: bool) -> Node:
    given = arguments.get("input") or {}
    thread = _named(call, str(given.get("threadId")))
    if not may_resolve(call, thread):
        app = call.caller.grant is not None
        words = "Resource not accessible by integration" if app else "Viewer may not do that"
        raise Refused("FORBIDDEN", words)
    changed = (thread.first.resolved_by is not None) != resolved
    if changed:
        thread.first.resolved_by = call.actor if resolved else None
        scene = Scene(hub=call.hub, repository=thread.repository, actor=call.actor)
        action = "resolved" if resolved else "unresolved"
        review_thread_event(scene, thread.comments, action)
    verb = "Resolve" if resolved else "Unresolve"
    return {
        "__typename": f"{verb}ReviewThreadPayload",
        "clientMutationId": given.get("clientMutationId"),
        "thread": _node(call, thread),
    }


def _named(call: Call, name: str) -> Thread:
    """Return a thread by its id, in any repository that the caller sees."""
    for where in call.hub.repositories.values():
        if not sees(call.hub, call.caller, where):
            continue
        for comment in where.review_comments.values():
            if comment.in_reply_to is None and shapes.thread_id(comment) == name:
                return Thread(repository=where, issue=comment.review.issue, first=comment)
    words = f"Could not resolve to a node with the global id of '{name}'."
    raise Refused("NOT_FOUND", words)


Root = Callable[[Call, Node], Node]
ROOTS: Mapping[str, Mapping[str, Root]] = {
    "query": {"repository": repository},
    "mutation": {"resolveReviewThread": resolve, "unresolveReviewThread": unresolve},
}
