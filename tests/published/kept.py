"""What is kept of GitHub's published description: the operations and webhooks that we use.

After a change run `python -m tests.published.prune`, and commit what it writes.
"""

from typing import Any

API_PACKAGE = "@octokit/openapi@23.0.2"
WEBHOOKS_PACKAGE = "@octokit/openapi-webhooks@12.1.0"
EXAMPLES_PACKAGE = "@octokit/webhooks-examples@7.6.1"
GRAPHQL_PACKAGE = "@octokit/graphql-schema@15.26.1"

GRAPHQL: dict[str, tuple[str, ...]] = {
    "Actor": ("login",),
    "DiffSide": (),
    "Mutation": ("resolveReviewThread", "unresolveReviewThread"),
    "PageInfo": (),
    "PullRequest": ("id", "number", "reviewThreads"),
    "PullRequestReviewComment": (),
    "PullRequestReviewCommentConnection": (),
    "PullRequestReviewThread": (),
    "PullRequestReviewThreadConnection": (),
    "PullRequestReviewThreadSubjectType": (),
    "Query": ("repository",),
    "Repository": ("id", "nameWithOwner", "pullRequest"),
    "ResolveReviewThreadInput": (),
    "ResolveReviewThreadPayload": (),
    "UnresolveReviewThreadInput": (),
    "UnresolveReviewThreadPayload": (),
    "User": ("login",),
}
"""Types of GraphQL and their fields; without names all whose own types are kept."""

OPERATIONS = (
    "actions/download-job-logs-for-workflow-run",
    "actions/get-job-for-workflow-run",
    "actions/get-workflow-run",
    "actions/list-jobs-for-workflow-run",
    "actions/list-workflow-runs-for-repo",
    "actions/re-run-job-for-workflow-run",
    "actions/re-run-workflow-failed-jobs",
    "apps/create-installation-access-token",
    "apps/get-authenticated",
    "apps/get-by-slug",
    "apps/get-installation",
    "apps/get-repo-installation",
    "apps/get-webhook-delivery",
    "apps/list-installations",
    "apps/list-repos-accessible-to-installation",
    "apps/list-webhook-deliveries",
    "apps/redeliver-webhook-delivery",
    "apps/revoke-installation-access-token",
    "checks/create",
    "checks/get",
    "checks/get-suite",
    "checks/list-annotations",
    "checks/list-for-ref",
    "checks/list-for-suite",
    "checks/list-suites-for-ref",
    "checks/rerequest-run",
    "checks/rerequest-suite",
    "checks/update",
    "git/create-blob",
    "git/create-commit",
    "git/create-ref",
    "git/create-tree",
    "git/delete-ref",
    "git/get-blob",
    "git/get-commit",
    "git/get-ref",
    "git/get-tree",
    "git/list-matching-refs",
    "git/update-ref",
    "issues/add-labels",
    "issues/create",
    "issues/create-comment",
    "issues/create-label",
    "issues/delete-comment",
    "issues/get",
    "issues/get-comment",
    "issues/get-label",
    "issues/list-comments",
    "issues/list-for-repo",
    "issues/list-labels-for-repo",
    "issues/list-labels-on-issue",
    "issues/lock",
    "issues/remove-label",
    "issues/set-labels",
    "issues/unlock",
    "issues/update",
    "issues/update-comment",
    "meta/get",
    "orgs/get-membership-for-user",
    "pulls/check-if-merged",
    "pulls/create",
    "pulls/create-reply-for-review-comment",
    "pulls/create-review",
    "pulls/create-review-comment",
    "pulls/delete-review-comment",
    "pulls/dismiss-review",
    "pulls/get",
    "pulls/get-review",
    "pulls/get-review-comment",
    "pulls/list",
    "pulls/list-comments-for-review",
    "pulls/list-commits",
    "pulls/list-files",
    "pulls/list-review-comments",
    "pulls/list-reviews",
    "pulls/merge",
    "pulls/submit-review",
    "pulls/update",
    "pulls/update-review",
    "pulls/update-review-comment",
    "rate-limit/get",
    "reactions/create-for-issue",
    "reactions/create-for-issue-comment",
    "reactions/create-for-pull-request-review-comment",
    "reactions/delete-for-issue",
    "reactions/delete-for-issue-comment",
    "reactions/delete-for-pull-request-comment",
    "reactions/list-for-issue",
    "reactions/list-for-issue-comment",
    "reactions/list-for-pull-request-review-comment",
    "repos/compare-commits-with-basehead",
    "repos/create-commit-status",
    "repos/create-fork",
    "repos/create-or-update-file-contents",
    "repos/get",
    "repos/get-branch",
    "repos/get-branch-rules",
    "repos/get-collaborator-permission-level",
    "repos/get-combined-status-for-ref",
    "repos/get-commit",
    "repos/get-content",
    "repos/list-branches",
    "repos/list-commit-statuses-for-ref",
    "repos/list-commits",
    "repos/list-forks",
    "repos/list-pull-requests-associated-with-commit",
    "teams/get-membership-for-user-in-org",
    "users/get-authenticated",
    "users/get-by-username",
)

_STATUS = {"type": "string"}
_ERROR = {"$ref": "#/components/schemas/basic-error"}
_BLOBS = "paths /repos/{owner}/{repo}/git/blobs post responses"
_CONTENTS = "paths /repos/{owner}/{repo}/contents/{path} put responses"
_MERGED = "paths /repos/{owner}/{repo}/pulls/{pull_number}/merge put responses"

CORRECTED: dict[str, dict[str, Any]] = {
    # An installation's account would have to be a user and an enterprise at once here, and is
    # either of them wherever else an installation stands.
    "paths /app/installations get responses 200 content application/json schema": {
        "type": "array",
        "items": {"$ref": "#/components/schemas/installation"},
    },
    # Labels need no description, and have null wherever else they stand.
    "components schemas pull-request-simple properties labels items properties description": {
        "type": "string",
        "nullable": True,
    },
    # Every error carries its status, as the basic one is described.
    "components schemas validation-error properties status": _STATUS,
    "components schemas validation-error-simple properties status": _STATUS,
    # One of two, and the second is the first with more in it: either alone passes both.
    f"{_BLOBS} 422 content application/json schema": {
        "$ref": "#/components/schemas/validation-error"
    },
    f"{_CONTENTS} 409 content application/json schema": _ERROR,
    f"{_MERGED} 405 content application/json schema": _ERROR,
    f"{_MERGED} 409 content application/json schema": _ERROR,
}
"""Schemas that a true answer cannot pass, by the keys that lead to them, and what is right."""

EVENTS: dict[str, tuple[str, ...]] = {
    "check_run": ("completed", "created", "requested_action", "rerequested"),
    "check_suite": ("completed", "requested", "rerequested"),
    "create": (),
    "delete": (),
    "fork": (),
    "installation": (
        "created",
        "deleted",
        "new_permissions_accepted",
        "suspend",
        "unsuspend",
    ),
    "installation_repositories": ("added", "removed"),
    "issue_comment": ("created", "deleted", "edited"),
    "issues": (
        "closed",
        "deleted",
        "edited",
        "labeled",
        "locked",
        "opened",
        "reopened",
        "transferred",
        "unlabeled",
        "unlocked",
    ),
    "label": ("created", "deleted", "edited"),
    "ping": (),
    "pull_request": (
        "closed",
        "converted_to_draft",
        "edited",
        "labeled",
        "locked",
        "opened",
        "ready_for_review",
        "reopened",
        "synchronize",
        "unlabeled",
        "unlocked",
    ),
    "pull_request_review": ("dismissed", "edited", "submitted"),
    "pull_request_review_comment": ("created", "deleted", "edited"),
    "pull_request_review_thread": ("resolved", "unresolved"),
    "push": (),
    "repository": (
        "created",
        "deleted",
        "edited",
        "privatized",
        "publicized",
        "renamed",
        "transferred",
    ),
    "status": (),
    "workflow_job": ("completed", "in_progress", "queued"),
    "workflow_run": ("completed", "in_progress", "requested"),
}
"""The actions of each event; an empty tuple where the event has no `action`."""

PASSERS_BY: dict[str, tuple[str | None, ...]] = {
    "deployment_status": ("created",),
    "release": ("published",),
    "star": ("created",),
    "watch": ("started",),
}
"""Events that the app is sent or might be, and does nothing about: only recordings are kept."""

RECORDED_ONCE = frozenset({
    "label",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "status",
    "workflow_job",
    "workflow_run",
    *PASSERS_BY,
})  # fmt: skip
"""Large payloads, or ones that nobody reads: one recording of each action is enough."""
