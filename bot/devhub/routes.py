"""All that the API answers, and who may ask: one row an operation.

Permissions are those that GitHub names on the page of the row's `docs`, under
"Fine-grained access tokens", and in its overview:
https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
Paths and their parameters are spelled as in GitHub's OpenAPI description.
"""
# ruff: noqa: E501 - a table is read by its rows

import dataclasses
from collections.abc import Iterable

from bot.devhub.api import (
    apps,
    check_runs,
    check_suites,
    comments,
    contents,
    deliveries,
    issues,
    labels,
    merges,
    meta,
    pulls,
    reactions,
    refs,
    repositories,
    users,
)
from bot.devhub.api.calls import Handler, Kind, Route
from bot.devhub.records import Role

APP: frozenset[Kind] = frozenset({"app"})
INSTALLATION: frozenset[Kind] = frozenset({"installation"})
PERSON: frozenset[Kind] = frozenset({"person"})
TOKEN: frozenset[Kind] = frozenset({"installation", "person"})
ANYONE: frozenset[Kind] = frozenset({"app", "installation", "person", "nobody"})

_TALK_READ = "issues=read; pull_requests=read"
_TALK_WRITE = "issues=write; pull_requests=write"


def _row(  # noqa: PLR0913, PLR0917 - the columns of the table
    operation: str,
    handler: Handler,
    section: str,
    needs: str = "",
    person: Role = "read",
    by: frozenset[Kind] = TOKEN,
) -> Route:
    method, _, path = operation.partition(" ")
    path = path.replace("REPO", "/repos/{owner}/{repo}")
    return Route(
        method=method, path=path, handler=handler, docs=section, by=by, needs=needs, person=person
    )


def _page(docs: str, *rows: Route) -> Iterable[Route]:
    """Return rows whose sections stand on one page of the documentation."""
    return (dataclasses.replace(row, docs=f"{docs}#{row.docs}") for row in rows)


# More specific paths stand before those that would swallow them.
# fmt: off
ROUTES: tuple[Route, ...] = (
    *_page(
        "rate-limit/rate-limit",
        _row("GET /rate_limit", meta.rate_limit, "get-rate-limit-status-for-the-authenticated-user", by=ANYONE),
    ),
    *_page(
        "meta/meta",
        _row("GET /meta", meta.meta, "get-github-meta-information", by=ANYONE),
    ),
    *_page(
        "apps/apps",
        _row("GET /app", apps.show, "get-the-authenticated-app", by=APP),
        _row("GET /apps/{app_slug}", apps.by_slug, "get-an-app", by=ANYONE),
        _row("GET /app/installations", apps.list_installations, "list-installations-for-the-authenticated-app", by=APP),
        _row("GET /app/installations/{installation_id}", apps.show_installation, "get-an-installation-for-the-authenticated-app", by=APP),
        _row("POST /app/installations/{installation_id}/access_tokens", apps.create_access_token, "create-an-installation-access-token-for-an-app", by=APP),
        _row("GET REPO/installation", apps.repository_installation, "get-a-repository-installation-for-the-authenticated-app", by=APP),
    ),
    *_page(
        "apps/installations",
        _row("GET /installation/repositories", apps.list_repositories, "list-repositories-accessible-to-the-app-installation", "metadata=read", by=INSTALLATION),
        _row("DELETE /installation/token", apps.revoke_token, "revoke-an-installation-access-token", by=INSTALLATION),
    ),
    *_page(
        "apps/webhooks",
        _row("GET /app/hook/deliveries", deliveries.index, "list-deliveries-for-an-app-webhook", by=APP),
        _row("GET /app/hook/deliveries/{delivery_id}", deliveries.show, "get-a-delivery-for-an-app-webhook", by=APP),
        _row("POST /app/hook/deliveries/{delivery_id}/attempts", deliveries.redeliver, "redeliver-a-delivery-for-an-app-webhook", by=APP),
    ),
    *_page(
        "users/users",
        _row("GET /user", users.show_authenticated, "get-the-authenticated-user", by=PERSON),
        _row("GET /users/{username}", users.show, "get-a-user", by=ANYONE),
    ),
    *_page(
        "collaborators/collaborators",
        _row("GET REPO/collaborators/{username}/permission", users.permission, "get-repository-permissions-for-a-user", "metadata=read"),
    ),
    *_page(
        "issues/issues",
        _row("GET REPO/issues", issues.index, "list-repository-issues", _TALK_READ),
        _row("POST REPO/issues", issues.create, "create-an-issue", "issues=write"),
        _row("GET REPO/issues/{issue_number}", issues.show, "get-an-issue", _TALK_READ),
        _row("PATCH REPO/issues/{issue_number}", issues.edit, "update-an-issue", _TALK_WRITE),
    ),
    *_page(
        "issues/comments",
        _row("GET REPO/issues/{issue_number}/comments", comments.index, "list-issue-comments", _TALK_READ),
        _row("POST REPO/issues/{issue_number}/comments", comments.create, "create-an-issue-comment", _TALK_WRITE),
        _row("GET REPO/issues/comments/{comment_id}", comments.show, "get-an-issue-comment", _TALK_READ),
        _row("PATCH REPO/issues/comments/{comment_id}", comments.edit, "update-an-issue-comment", _TALK_WRITE),
        _row("DELETE REPO/issues/comments/{comment_id}", comments.delete, "delete-an-issue-comment", _TALK_WRITE),
    ),
    *_page(
        "reactions/reactions",
        _row("GET REPO/issues/{issue_number}/reactions", reactions.index, "list-reactions-for-an-issue", _TALK_READ),
        _row("POST REPO/issues/{issue_number}/reactions", reactions.create, "create-reaction-for-an-issue", _TALK_WRITE),
        _row("DELETE REPO/issues/{issue_number}/reactions/{reaction_id}", reactions.delete, "delete-an-issue-reaction", _TALK_WRITE),
        _row("GET REPO/issues/comments/{comment_id}/reactions", reactions.index, "list-reactions-for-an-issue-comment", _TALK_READ),
        _row("POST REPO/issues/comments/{comment_id}/reactions", reactions.create, "create-reaction-for-an-issue-comment", _TALK_WRITE),
        _row("DELETE REPO/issues/comments/{comment_id}/reactions/{reaction_id}", reactions.delete, "delete-an-issue-comment-reaction", _TALK_WRITE),
    ),
    *_page(
        "issues/labels",
        _row("GET REPO/labels", labels.index, "list-labels-for-a-repository", _TALK_READ),
        _row("POST REPO/labels", labels.create, "create-a-label", _TALK_WRITE, "write"),
        _row("GET REPO/labels/{name}", labels.show, "get-a-label", _TALK_READ),
        _row("GET REPO/issues/{issue_number}/labels", labels.on_issue, "list-labels-for-an-issue", _TALK_READ),
        _row("POST REPO/issues/{issue_number}/labels", labels.add, "add-labels-to-an-issue", _TALK_WRITE, "triage"),
        _row("PUT REPO/issues/{issue_number}/labels", labels.replace, "set-labels-for-an-issue", _TALK_WRITE, "triage"),
        _row("DELETE REPO/issues/{issue_number}/labels/{name}", labels.remove, "remove-a-label-from-an-issue", _TALK_WRITE, "triage"),
    ),
    *_page(
        "pulls/pulls",
        _row("GET REPO/pulls", pulls.index, "list-pull-requests", "pull_requests=read"),
        _row("POST REPO/pulls", pulls.create, "create-a-pull-request", "pull_requests=write", "write"),
        _row("GET REPO/pulls/{pull_number}", pulls.show, "get-a-pull-request", "pull_requests=read; contents=read"),
        _row("PATCH REPO/pulls/{pull_number}", pulls.edit, "update-a-pull-request", "pull_requests=write"),
        _row("GET REPO/pulls/{pull_number}/files", pulls.files, "list-pull-requests-files", "pull_requests=read"),
        _row("GET REPO/pulls/{pull_number}/commits", pulls.list_commits, "list-commits-on-a-pull-request", "pull_requests=read"),
        _row("GET REPO/pulls/{pull_number}/merge", merges.show, "check-if-a-pull-request-has-been-merged", "contents=read"),
        _row("PUT REPO/pulls/{pull_number}/merge", merges.merge, "merge-a-pull-request", "contents=write", "write"),
    ),
    *_page(
        "commits/commits",
        _row("GET REPO/commits/{commit_sha}/pulls", pulls.of_commit, "list-pull-requests-associated-with-a-commit", "pull_requests=read; contents=read"),
    ),
    *_page(
        "checks/runs",
        _row("POST REPO/check-runs", check_runs.create, "create-a-check-run", "checks=write", by=INSTALLATION),
        _row("GET REPO/check-runs/{check_run_id}", check_runs.show, "get-a-check-run", "checks=read"),
        _row("PATCH REPO/check-runs/{check_run_id}", check_runs.update, "update-a-check-run", "checks=write", by=INSTALLATION),
        _row("GET REPO/check-runs/{check_run_id}/annotations", check_runs.annotations, "list-check-run-annotations", "checks=read"),
        _row("POST REPO/check-runs/{check_run_id}/rerequest", check_runs.rerequest, "rerequest-a-check-run", "checks=write", "write"),
    ),
    *_page(
        "checks/suites",
        _row("GET REPO/check-suites/{check_suite_id}", check_suites.show, "get-a-check-suite", "checks=read"),
    ),
    *_page(
        "checks/runs",
        _row("GET REPO/check-suites/{check_suite_id}/check-runs", check_runs.in_suite, "list-check-runs-in-a-check-suite", "checks=read"),
    ),
    *_page(
        "checks/suites",
        _row("POST REPO/check-suites/{check_suite_id}/rerequest", check_suites.rerequest, "rerequest-a-check-suite", "checks=write", "write"),
    ),
    *_page(
        "checks/runs",
        _row("GET REPO/commits/{ref}/check-runs", check_runs.for_ref, "list-check-runs-for-a-git-reference", "checks=read"),
    ),
    *_page(
        "checks/suites",
        _row("GET REPO/commits/{ref}/check-suites", check_suites.for_ref, "list-check-suites-for-a-git-reference", "checks=read"),
    ),
    *_page(
        "repos/repos",
        _row("GET REPO", repositories.show, "get-a-repository", "metadata=read"),
    ),
    *_page(
        "branches/branches",
        _row("GET REPO/branches", repositories.branches, "list-branches", "contents=read"),
        _row("GET REPO/branches/{branch}", repositories.branch, "get-a-branch", "contents=read"),
    ),
    *_page(
        "commits/commits",
        _row("GET REPO/commits", repositories.commits, "list-commits", "contents=read"),
        _row("GET REPO/commits/{ref}", repositories.commit, "get-a-commit", "contents=read"),
        _row("GET REPO/compare/{basehead}", repositories.compare, "compare-two-commits", "contents=read"),
    ),
    *_page(
        "repos/contents",
        _row("GET REPO/contents/{path}", contents.show, "get-repository-content", "contents=read"),
    ),
    *_page(
        "git/refs",
        _row("GET REPO/git/ref/{ref}", refs.show, "get-a-reference", "contents=read"),
        _row("GET REPO/git/matching-refs/{ref}", refs.matching, "list-matching-references", "contents=read"),
        _row("POST REPO/git/refs", refs.create, "create-a-reference", "contents=write", "write"),
        _row("PATCH REPO/git/refs/{ref}", refs.update, "update-a-reference", "contents=write", "write"),
        _row("DELETE REPO/git/refs/{ref}", refs.delete, "delete-a-reference", "contents=write", "write"),
    ),
    *_page(
        "git/commits",
        _row("GET REPO/git/commits/{commit_sha}", contents.git_commit, "get-a-commit-object", "contents=read"),
    ),
    *_page(
        "git/trees",
        _row("GET REPO/git/trees/{tree_sha}", contents.git_tree, "get-a-tree", "contents=read"),
    ),
    *_page(
        "git/blobs",
        _row("GET REPO/git/blobs/{file_sha}", contents.git_blob, "get-a-blob", "contents=read"),
    ),
)
# fmt: on
