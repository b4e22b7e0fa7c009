"""Every operation the app may ask of GitHub, and the least permission each one needs.

A token is made for one operation's needs and no more, so this table is also the
bound on what any single token of ours can do.  `union()` is what `app.yml` asks an
owner for.  Paths keep GitHub's own parameter names, so that the table can be held
against GitHub's published description.

https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Literal

from bot.github.limits import Pace

Level = Literal["read", "write", "admin"]
Permissions = Mapping[str, Level]

LEVELS: tuple[Level, ...] = ("read", "write", "admin")

_DOCS = "https://docs.github.com/en/"
_REST = _DOCS + "rest/"
_REPO = "/repos/{owner}/{repo}"
_METADATA: Permissions = {"metadata": "read"}
_CODE: Permissions = {"contents": "read"}
_READ_ISSUES: Permissions = {"issues": "read"}
_WRITE_ISSUES: Permissions = {"issues": "write"}
_READ_PULLS: Permissions = {"pull_requests": "read"}
_WRITE_PULLS: Permissions = {"pull_requests": "write"}
_READ_CHECKS: Permissions = {"checks": "read"}
_WRITE_CHECKS: Permissions = {"checks": "write"}
_CHANGE_CODE: Permissions = {"contents": "write"}
# The reference names none; learned from refusals.
_RESOLVE: Permissions = {"contents": "write", "pull_requests": "write"}
_MEMBERS: Permissions = {"members": "read"}
_READ_STATUSES: Permissions = {"statuses": "read"}
_READ_ACTIONS: Permissions = {"actions": "read"}
_RUN_ACTIONS: Permissions = {"actions": "write"}
_AS_APP: Permissions = {}


class Operation(Enum):
    """One operation: method, path, needed permissions, page of the docs, pace.

    All are REST but those whose path is `/graphql`, where what is asked for follows the `#`.
    Operations without permissions are asked as the app itself, by its JWT.
    """

    APP = "GET", "/app", _AS_APP, "apps/apps#get-the-authenticated-app"
    INSTALLATIONS = (
        "GET",
        "/app/installations",
        _AS_APP,
        "apps/apps#list-installations-for-the-authenticated-app",
    )
    INSTALLATION = (
        "GET",
        "/app/installations/{installation_id}",
        _AS_APP,
        "apps/apps#get-an-installation-for-the-authenticated-app",
    )
    TOKEN = (
        "POST",
        "/app/installations/{installation_id}/access_tokens",
        _AS_APP,
        "apps/apps#create-an-installation-access-token-for-an-app",
        Pace.TOKEN,
    )
    DELIVERIES = (
        "GET",
        "/app/hook/deliveries",
        _AS_APP,
        "apps/webhooks#list-deliveries-for-an-app-webhook",
    )
    REDELIVER = (
        "POST",
        "/app/hook/deliveries/{delivery_id}/attempts",
        _AS_APP,
        "apps/webhooks#redeliver-a-delivery-for-an-app-webhook",
    )
    USER = "GET", "/users/{username}", _METADATA, "users/users#get-a-user"
    MEMBERSHIP = (
        "GET",
        "/orgs/{org}/memberships/{username}",
        _MEMBERS,
        "orgs/members#get-organization-membership-for-a-user",
    )
    TEAM_MEMBERSHIP = (
        "GET",
        "/orgs/{org}/teams/{team_slug}/memberships/{username}",
        _MEMBERS,
        "teams/members#get-team-membership-for-a-user",
    )

    REPOSITORY = "GET", _REPO, _METADATA, "repos/repos#get-a-repository"
    ROLE = (
        "GET",
        _REPO + "/collaborators/{username}/permission",
        _METADATA,
        "collaborators/collaborators#get-repository-permissions-for-a-user",
    )
    REF = "GET", _REPO + "/git/ref/{ref}", _CODE, "git/refs#get-a-reference"
    REF_CREATE = "POST", _REPO + "/git/refs", _CHANGE_CODE, "git/refs#create-a-reference"
    REF_EDIT = "PATCH", _REPO + "/git/refs/{ref}", _CHANGE_CODE, "git/refs#update-a-reference"
    REF_DELETE = "DELETE", _REPO + "/git/refs/{ref}", _CHANGE_CODE, "git/refs#delete-a-reference"
    TREE = "GET", _REPO + "/git/trees/{tree_sha}", _CODE, "git/trees#get-a-tree"
    BLOB = "GET", _REPO + "/git/blobs/{file_sha}", _CODE, "git/blobs#get-a-blob"
    COMMIT = "GET", _REPO + "/git/commits/{commit_sha}", _CODE, "git/commits#get-a-commit-object"
    COMMIT_CREATE = "POST", _REPO + "/git/commits", _CHANGE_CODE, "git/commits#create-a-commit"
    COMPARE = "GET", _REPO + "/compare/{basehead}", _CODE, "commits/commits#compare-two-commits"

    ISSUE = "GET", _REPO + "/issues/{issue_number}", _READ_ISSUES, "issues/issues#get-an-issue"
    COMMENTS = (
        "GET",
        _REPO + "/issues/{issue_number}/comments",
        _READ_ISSUES,
        "issues/comments#list-issue-comments",
    )
    REMARK = (
        "GET",
        _REPO + "/issues/comments/{comment_id}",
        _READ_ISSUES,
        "issues/comments#get-an-issue-comment",
    )
    COMMENT_CREATE = (
        "POST",
        _REPO + "/issues/{issue_number}/comments",
        _WRITE_ISSUES,
        "issues/comments#create-an-issue-comment",
        Pace.CONTENT,
    )
    COMMENT_EDIT = (
        "PATCH",
        _REPO + "/issues/comments/{comment_id}",
        _WRITE_ISSUES,
        "issues/comments#update-an-issue-comment",
    )
    COMMENT_DELETE = (
        "DELETE",
        _REPO + "/issues/comments/{comment_id}",
        _WRITE_ISSUES,
        "issues/comments#delete-an-issue-comment",
    )

    REACT_TO_ISSUE = (
        "POST",
        _REPO + "/issues/{issue_number}/reactions",
        _WRITE_ISSUES,
        "reactions/reactions#create-reaction-for-an-issue",
    )

    REACT_TO_COMMENT = (
        "POST",
        _REPO + "/issues/comments/{comment_id}/reactions",
        _WRITE_ISSUES,
        "reactions/reactions#create-reaction-for-an-issue-comment",
    )
    REACT_TO_REVIEW_COMMENT = (
        "POST",
        _REPO + "/pulls/comments/{comment_id}/reactions",
        _WRITE_PULLS,
        "reactions/reactions#create-reaction-for-a-pull-request-review-comment",
    )

    LABEL_REMOVE = (
        "DELETE",
        _REPO + "/issues/{issue_number}/labels/{name}",
        _WRITE_ISSUES,
        "issues/labels#remove-a-label-from-an-issue",
    )

    PULL = "GET", _REPO + "/pulls/{pull_number}", _READ_PULLS, "pulls/pulls#get-a-pull-request"
    REVIEWS = (
        "GET",
        _REPO + "/pulls/{pull_number}/reviews",
        _READ_PULLS,
        "pulls/reviews#list-reviews-for-a-pull-request",
    )
    REVIEW = (
        "GET",
        _REPO + "/pulls/{pull_number}/reviews/{review_id}",
        _READ_PULLS,
        "pulls/reviews#get-a-review-for-a-pull-request",
    )
    REVIEW_COMMENTS = (
        "GET",
        _REPO + "/pulls/{pull_number}/comments",
        _READ_PULLS,
        "pulls/comments#list-review-comments-on-a-pull-request",
    )
    REVIEW_COMMENT_CREATE = (
        "POST",
        _REPO + "/pulls/{pull_number}/comments",
        _WRITE_PULLS,
        "pulls/comments#create-a-review-comment-for-a-pull-request",
        Pace.CONTENT,
    )
    REVIEW_COMMENT = (
        "GET",
        _REPO + "/pulls/comments/{comment_id}",
        _READ_PULLS,
        "pulls/comments#get-a-review-comment-for-a-pull-request",
    )
    PULLS = "GET", _REPO + "/pulls", _READ_PULLS, "pulls/pulls#list-pull-requests"
    PULL_CREATE = (
        "POST",
        _REPO + "/pulls",
        _WRITE_PULLS,
        "pulls/pulls#create-a-pull-request",
        Pace.CONTENT,
    )
    PULL_EDIT = (
        "PATCH",
        _REPO + "/pulls/{pull_number}",
        _WRITE_PULLS,
        "pulls/pulls#update-a-pull-request",
    )

    CHECKS = (
        "GET",
        _REPO + "/commits/{ref}/check-runs",
        _READ_CHECKS,
        "checks/runs#list-check-runs-for-a-git-reference",
    )
    CHECK_CREATE = (
        "POST",
        _REPO + "/check-runs",
        _WRITE_CHECKS,
        "checks/runs#create-a-check-run",
    )
    CHECK_EDIT = (
        "PATCH",
        _REPO + "/check-runs/{check_run_id}",
        _WRITE_CHECKS,
        "checks/runs#update-a-check-run",
    )
    REMARKS = (
        "GET",
        _REPO + "/check-runs/{check_run_id}/annotations",
        _READ_CHECKS,
        "checks/runs#list-check-run-annotations",
    )
    SUITES = (
        "GET",
        _REPO + "/commits/{ref}/check-suites",
        _READ_CHECKS,
        "checks/suites#list-check-suites-for-a-git-reference",
    )
    STATUS = (
        "GET",
        _REPO + "/commits/{ref}/status",
        _READ_STATUSES,
        "commits/statuses#get-the-combined-status-for-a-specific-reference",
    )
    BRANCH = "GET", _REPO + "/branches/{branch}", _CODE, "branches/branches#get-a-branch"
    BRANCH_RULES = (
        "GET",
        _REPO + "/rules/branches/{branch}",
        _METADATA,
        "repos/rules#get-rules-for-a-branch",
    )
    THREADS = (
        "POST",
        "/graphql#reviewThreads",
        _READ_PULLS,
        "objects#pullrequestreviewthread",
        Pace.READ,
    )
    THREAD_RESOLVE = (
        "POST",
        "/graphql#resolveReviewThread",
        _RESOLVE,
        "mutations#resolvereviewthread",
    )
    JOB_LOG = (
        "GET",
        _REPO + "/actions/jobs/{job_id}/logs",
        _READ_ACTIONS,
        "actions/workflow-jobs#download-job-logs-for-a-workflow-run",
    )
    JOB_RERUN = (
        "POST",
        _REPO + "/actions/jobs/{job_id}/rerun",
        _RUN_ACTIONS,
        "actions/workflow-runs#re-run-a-job-from-a-workflow-run",
    )

    def __init__(
        self, method: str, path: str, needs: Permissions, page: str, pace: Pace | None = None
    ) -> None:
        self.method = method
        self.path = path
        self.needs = needs
        self.docs = _REST + page if not self.graphql else _DOCS + "graphql/reference/" + page
        self.pace = pace or (Pace.READ if method == "GET" else Pace.WRITE)

    @property
    def graphql(self) -> bool:
        """Whether it is asked by a document."""
        return self.path.startswith("/graphql#")

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


ELSEWHERE = frozenset({Operation.JOB_LOG})
"""Operations that answer with the address of a file on another host."""

OPTIONAL = frozenset({Operation.JOB_RERUN})
"""Operations that the app does without unless an operator adds what they need to `app.yml`.

Who may run a job again may also start, stop and approve workflows: more than a rerun is worth.
"""

# git over HTTPS takes the same tokens; a push also needs to read.
# https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation#about-authentication-as-a-github-app-installation
FETCH: Permissions = {"contents": "read"}
PUSH: Permissions = {"contents": "write"}


def union(wanted: Iterable[Permissions] | None = None) -> dict[str, Level]:
    """Return the least permissions that cover all of `wanted`, by name.

    Without an argument: all that the app cannot do without, which is what `app.yml` names.
    """
    if wanted is None:
        asked = [operation for operation in Operation if operation not in OPTIONAL]
        wanted = [operation.needs for operation in asked] + [FETCH, PUSH]
    highest: dict[str, Level] = {}
    for permissions in wanted:
        for name, level in permissions.items():
            highest[name] = max(highest.get(name, "read"), level, key=LEVELS.index)
    return dict(sorted(highest.items()))


def lacking(needs: Permissions, granted: Mapping[str, str]) -> dict[str, Level]:
    """Return what `needs` has beyond `granted`, which comes from GitHub and may name more."""

    def covered(name: str, level: Level) -> bool:
        has = granted.get(name)
        return has in LEVELS and LEVELS.index(has) >= LEVELS.index(level)

    return {name: level for name, level in needs.items() if not covered(name, level)}


def spelled(permissions: Permissions) -> str:
    """Return permissions as people read them: `issues: write, checks: read`."""
    return ", ".join(f"{name}: {level}" for name, level in permissions.items())
