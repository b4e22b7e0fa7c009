"""All that the API answers, and who may ask: one row an operation.

Permissions are those that GitHub names on the page of the row's `docs`, under
"Fine-grained access tokens", and in its overview:
https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
Paths and their parameters are spelled as in GitHub's OpenAPI description; REPO stands for
the address of a repository.
"""
# ruff: noqa: E501 - a table is read by its rows

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
from bot.devhub.api.calls import Kind, Route

APP: frozenset[Kind] = frozenset({"app"})
INSTALLATION: frozenset[Kind] = frozenset({"installation"})
PERSON: frozenset[Kind] = frozenset({"person"})
ANYONE: frozenset[Kind] = frozenset({"app", "installation", "person", "nobody"})

_TALK_READ = "issues=read; pull_requests=read"
_TALK_WRITE = "issues=write; pull_requests=write"

# More specific paths stand before those that would swallow them.
# fmt: off
ROUTES: tuple[Route, ...] = (
    Route("GET /rate_limit", meta.rate_limit, "rate-limit/rate-limit#get-rate-limit-status-for-the-authenticated-user", by=ANYONE),
    Route("GET /meta", meta.meta, "meta/meta#get-github-meta-information", by=ANYONE),
    Route("GET /app", apps.show, "apps/apps#get-the-authenticated-app", by=APP),
    Route("GET /apps/{app_slug}", apps.by_slug, "apps/apps#get-an-app", by=ANYONE),
    Route("GET /app/installations", apps.list_installations, "apps/apps#list-installations-for-the-authenticated-app", by=APP),
    Route("GET /app/installations/{installation_id}", apps.show_installation, "apps/apps#get-an-installation-for-the-authenticated-app", by=APP),
    Route("POST /app/installations/{installation_id}/access_tokens", apps.create_access_token, "apps/apps#create-an-installation-access-token-for-an-app", by=APP),
    Route("GET REPO/installation", apps.repository_installation, "apps/apps#get-a-repository-installation-for-the-authenticated-app", by=APP),
    Route("GET /installation/repositories", apps.list_repositories, "apps/installations#list-repositories-accessible-to-the-app-installation", "metadata=read", by=INSTALLATION),
    Route("DELETE /installation/token", apps.revoke_token, "apps/installations#revoke-an-installation-access-token", by=INSTALLATION),
    Route("GET /app/hook/deliveries", deliveries.index, "apps/webhooks#list-deliveries-for-an-app-webhook", by=APP),
    Route("GET /app/hook/deliveries/{delivery_id}", deliveries.show, "apps/webhooks#get-a-delivery-for-an-app-webhook", by=APP),
    Route("POST /app/hook/deliveries/{delivery_id}/attempts", deliveries.redeliver, "apps/webhooks#redeliver-a-delivery-for-an-app-webhook", by=APP),
    Route("GET /user", users.show_authenticated, "users/users#get-the-authenticated-user", by=PERSON),
    Route("GET /users/{username}", users.show, "users/users#get-a-user", by=ANYONE),
    Route("GET REPO/collaborators/{username}/permission", users.permission, "collaborators/collaborators#get-repository-permissions-for-a-user", "metadata=read"),
    Route("GET REPO/issues", issues.index, "issues/issues#list-repository-issues", _TALK_READ),
    Route("POST REPO/issues", issues.create, "issues/issues#create-an-issue", "issues=write"),
    Route("GET REPO/issues/{issue_number}", issues.show, "issues/issues#get-an-issue", _TALK_READ),
    Route("PATCH REPO/issues/{issue_number}", issues.edit, "issues/issues#update-an-issue", _TALK_WRITE),
    Route("GET REPO/issues/{issue_number}/comments", comments.index, "issues/comments#list-issue-comments", _TALK_READ),
    Route("POST REPO/issues/{issue_number}/comments", comments.create, "issues/comments#create-an-issue-comment", _TALK_WRITE),
    Route("GET REPO/issues/comments/{comment_id}", comments.show, "issues/comments#get-an-issue-comment", _TALK_READ),
    Route("PATCH REPO/issues/comments/{comment_id}", comments.edit, "issues/comments#update-an-issue-comment", _TALK_WRITE),
    Route("DELETE REPO/issues/comments/{comment_id}", comments.delete, "issues/comments#delete-an-issue-comment", _TALK_WRITE),
    Route("GET REPO/issues/{issue_number}/reactions", reactions.index, "reactions/reactions#list-reactions-for-an-issue", _TALK_READ),
    Route("POST REPO/issues/{issue_number}/reactions", reactions.create, "reactions/reactions#create-reaction-for-an-issue", _TALK_WRITE),
    Route("DELETE REPO/issues/{issue_number}/reactions/{reaction_id}", reactions.delete, "reactions/reactions#delete-an-issue-reaction", _TALK_WRITE),
    Route("GET REPO/issues/comments/{comment_id}/reactions", reactions.index, "reactions/reactions#list-reactions-for-an-issue-comment", _TALK_READ),
    Route("POST REPO/issues/comments/{comment_id}/reactions", reactions.create, "reactions/reactions#create-reaction-for-an-issue-comment", _TALK_WRITE),
    Route("DELETE REPO/issues/comments/{comment_id}/reactions/{reaction_id}", reactions.delete, "reactions/reactions#delete-an-issue-comment-reaction", _TALK_WRITE),
    Route("GET REPO/labels", labels.index, "issues/labels#list-labels-for-a-repository", _TALK_READ),
    Route("POST REPO/labels", labels.create, "issues/labels#create-a-label", _TALK_WRITE, "write"),
    Route("GET REPO/labels/{name}", labels.show, "issues/labels#get-a-label", _TALK_READ),
    Route("GET REPO/issues/{issue_number}/labels", labels.on_issue, "issues/labels#list-labels-for-an-issue", _TALK_READ),
    Route("POST REPO/issues/{issue_number}/labels", labels.add, "issues/labels#add-labels-to-an-issue", _TALK_WRITE, "triage"),
    Route("PUT REPO/issues/{issue_number}/labels", labels.replace, "issues/labels#set-labels-for-an-issue", _TALK_WRITE, "triage"),
    Route("DELETE REPO/issues/{issue_number}/labels/{name}", labels.remove, "issues/labels#remove-a-label-from-an-issue", _TALK_WRITE, "triage"),
    Route("GET REPO/pulls", pulls.index, "pulls/pulls#list-pull-requests", "pull_requests=read"),
    Route("POST REPO/pulls", pulls.create, "pulls/pulls#create-a-pull-request", "pull_requests=write", "write"),
    Route("GET REPO/pulls/{pull_number}", pulls.show, "pulls/pulls#get-a-pull-request", "pull_requests=read; contents=read"),
    Route("PATCH REPO/pulls/{pull_number}", pulls.edit, "pulls/pulls#update-a-pull-request", "pull_requests=write"),
    Route("GET REPO/pulls/{pull_number}/files", pulls.files, "pulls/pulls#list-pull-requests-files", "pull_requests=read"),
    Route("GET REPO/pulls/{pull_number}/commits", pulls.list_commits, "pulls/pulls#list-commits-on-a-pull-request", "pull_requests=read"),
    Route("GET REPO/pulls/{pull_number}/merge", merges.show, "pulls/pulls#check-if-a-pull-request-has-been-merged", "contents=read"),
    Route("PUT REPO/pulls/{pull_number}/merge", merges.merge, "pulls/pulls#merge-a-pull-request", "contents=write", "write"),
    Route("GET REPO/commits/{commit_sha}/pulls", pulls.of_commit, "commits/commits#list-pull-requests-associated-with-a-commit", "pull_requests=read; contents=read"),
    Route("POST REPO/check-runs", check_runs.create, "checks/runs#create-a-check-run", "checks=write", by=INSTALLATION),
    Route("GET REPO/check-runs/{check_run_id}", check_runs.show, "checks/runs#get-a-check-run", "checks=read"),
    Route("PATCH REPO/check-runs/{check_run_id}", check_runs.update, "checks/runs#update-a-check-run", "checks=write", by=INSTALLATION),
    Route("GET REPO/check-runs/{check_run_id}/annotations", check_runs.annotations, "checks/runs#list-check-run-annotations", "checks=read"),
    Route("POST REPO/check-runs/{check_run_id}/rerequest", check_runs.rerequest, "checks/runs#rerequest-a-check-run", "checks=write", "write"),
    Route("GET REPO/check-suites/{check_suite_id}", check_suites.show, "checks/suites#get-a-check-suite", "checks=read"),
    Route("GET REPO/check-suites/{check_suite_id}/check-runs", check_runs.in_suite, "checks/runs#list-check-runs-in-a-check-suite", "checks=read"),
    Route("POST REPO/check-suites/{check_suite_id}/rerequest", check_suites.rerequest, "checks/suites#rerequest-a-check-suite", "checks=write", "write"),
    Route("GET REPO/commits/{ref}/check-runs", check_runs.for_ref, "checks/runs#list-check-runs-for-a-git-reference", "checks=read"),
    Route("GET REPO/commits/{ref}/check-suites", check_suites.for_ref, "checks/suites#list-check-suites-for-a-git-reference", "checks=read"),
    Route("GET REPO", repositories.show, "repos/repos#get-a-repository", "metadata=read"),
    Route("GET REPO/branches", repositories.branches, "branches/branches#list-branches", "contents=read"),
    Route("GET REPO/branches/{branch}", repositories.branch, "branches/branches#get-a-branch", "contents=read"),
    Route("GET REPO/commits", repositories.commits, "commits/commits#list-commits", "contents=read"),
    Route("GET REPO/commits/{ref}", repositories.commit, "commits/commits#get-a-commit", "contents=read"),
    Route("GET REPO/compare/{basehead}", repositories.compare, "commits/commits#compare-two-commits", "contents=read"),
    Route("GET REPO/contents/{path}", contents.show, "repos/contents#get-repository-content", "contents=read"),
    Route("GET REPO/git/ref/{ref}", refs.show, "git/refs#get-a-reference", "contents=read"),
    Route("GET REPO/git/matching-refs/{ref}", refs.matching, "git/refs#list-matching-references", "contents=read"),
    Route("POST REPO/git/refs", refs.create, "git/refs#create-a-reference", "contents=write", "write"),
    Route("PATCH REPO/git/refs/{ref}", refs.update, "git/refs#update-a-reference", "contents=write", "write"),
    Route("DELETE REPO/git/refs/{ref}", refs.delete, "git/refs#delete-a-reference", "contents=write", "write"),
    Route("GET REPO/git/commits/{commit_sha}", contents.git_commit, "git/commits#get-a-commit-object", "contents=read"),
    Route("GET REPO/git/trees/{tree_sha}", contents.git_tree, "git/trees#get-a-tree", "contents=read"),
    Route("GET REPO/git/blobs/{file_sha}", contents.git_blob, "git/blobs#get-a-blob", "contents=read"),
)
# fmt: on
