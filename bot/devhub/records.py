"""What the embedded GitHub remembers: plain records, all in memory.

A pull request is an issue that has a `pull` part, as on GitHub.  Times are unix
seconds of the hub's clock.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

Level = Literal["read", "write", "admin"]
Permissions = dict[str, Level]
Role = Literal["read", "triage", "write", "maintain", "admin"]
Side = Literal["LEFT", "RIGHT"]
ReviewState = Literal["PENDING", "COMMENTED", "APPROVED", "CHANGES_REQUESTED", "DISMISSED"]


@dataclass(slots=True, kw_only=True, eq=False)
class Account:
    """A person, an organization, or the bot that acts for an app."""

    id: int
    login: str
    type: Literal["User", "Organization", "Bot"]
    created_at: float
    name: str | None = None
    email: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Delivery:
    """One attempt to hand an event to an app's webhook.

    Attributes:
        status: `OK`, or GitHub's words for what went wrong.
        status_code: the app's answer; 0 when no connection was made.
        duration: seconds until the answer.
    """

    id: int
    guid: str
    event: str
    action: str | None
    payload: bytes
    delivered_at: float
    redelivery: bool = False
    duration: float = 0.0
    status: str = "pending"
    status_code: int = 0
    installation_id: int | None = None
    repository_id: int | None = None
    request_headers: dict[str, str] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""


@dataclass(slots=True, kw_only=True, eq=False)
class App:
    """A GitHub App, with the one webhook that it has.

    Attributes:
        ear: hears events in place of the webhook, for an app that lives in the hub.
    """

    id: int
    slug: str
    name: str
    client_id: str
    owner: Account
    bot: Account
    public_key: RSAPublicKey
    hook_url: str
    hook_secret: str
    permissions: Permissions
    events: tuple[str, ...]
    created_at: float
    deliveries: list[Delivery] = field(default_factory=list)
    ear: "Callable[[Installation, str, Mapping[str, Any]], None] | None" = None


@dataclass(slots=True, kw_only=True, eq=False)
class Installation:
    """An app on an account: on all of its repositories, or on the selected ones."""

    id: int
    app: App
    account: Account
    permissions: Permissions
    events: tuple[str, ...]
    selected: set[int] | None
    created_at: float
    updated_at: float
    suspended_at: float | None = None
    suspended_by: Account | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Grant:
    """What one installation access token opens, and until when.

    Attributes:
        narrowed: the request named repositories; organizations are closed to such a token.
    """

    token: str
    installation: Installation
    permissions: Permissions
    selected: set[int] | None
    expires_at: float
    narrowed: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Label:
    """A label of a repository."""

    id: int
    name: str
    color: str
    description: str | None = None
    default: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Reaction:
    """One person's or bot's reaction to an issue or a comment."""

    id: int
    user: Account
    content: str
    created_at: float


@dataclass(slots=True, kw_only=True, eq=False)
class Comment:
    """A comment on an issue or a pull request."""

    id: int
    issue: "Issue"
    user: Account
    app: App | None
    body: str
    created_at: float
    updated_at: float
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(slots=True, kw_only=True, eq=False)
class Review:
    """What somebody thinks of a pull request at one commit.

    Attributes:
        submitted_at: None while it is pending, which only its author knows.
        comments: on lines of the diff; a single comment or reply is in a review of its own.
    """

    id: int
    issue: "Issue"
    user: Account
    body: str
    state: ReviewState
    commit_sha: str
    submitted_at: float | None
    comments: list["ReviewComment"] = field(default_factory=list)


@dataclass(slots=True, kw_only=True, eq=False)
class ReviewComment:
    """A comment on a line, or several lines, or a whole file of a pull request's diff.

    Attributes:
        line: the last line that it is about, None for a whole file.
        start_line: the first one, None when there is only one.
        hunk: the piece of the diff down to that line.
        position: that line's distance from the first hunk's header.
        outdated: the file was changed after it.
        in_reply_to: the comment that began the thread.
        resolved_by: who resolved the thread that this comment began.
    """

    id: int
    review: Review
    user: Account
    body: str
    path: str
    commit_sha: str
    line: int | None
    side: Side
    start_line: int | None
    start_side: Side | None
    hunk: str
    position: int
    created_at: float
    updated_at: float
    outdated: bool = False
    in_reply_to: "ReviewComment | None" = None
    resolved_by: Account | None = None
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(slots=True, kw_only=True, eq=False)
class Comparison:
    """How a head differs from a base, as `git diff BASE...HEAD` counts it."""

    base_sha: str
    head_sha: str
    commits: int
    additions: int
    deletions: int
    changed_files: int
    mergeable: bool


@dataclass(slots=True, kw_only=True, eq=False)
class Pull:
    """What an issue has when it is a pull request.

    Attributes:
        source: the repository of the head branch: the issue's own, or a fork of it.
        head: the head branch.
        head_sha: follows the head branch while the pull request is open.
        base_sha: where the base branch was when the head last moved.
        maintainer_can_modify: a person offered it for their fork; apps get nothing by it.
        reviews: oldest first, pending ones too.
    """

    id: int
    source: "Repository"
    head: str
    base: str
    head_sha: str
    base_sha: str
    draft: bool = False
    maintainer_can_modify: bool = False
    merged_at: float | None = None
    merged_by: Account | None = None
    merge_commit_sha: str | None = None
    comparison: Comparison | None = None
    reviews: list[Review] = field(default_factory=list)

    @property
    def review_comments(self) -> list[ReviewComment]:
        """Return the comments of every submitted review, oldest first."""
        submitted = [each for each in self.reviews if each.submitted_at is not None]
        found = [comment for review in submitted for comment in review.comments]
        return sorted(found, key=lambda each: each.id)


@dataclass(slots=True, kw_only=True, eq=False)
class Issue:
    """An issue; a pull request when `pull` is there.

    Attributes:
        locked: only people who may write can talk in it.
    """

    id: int
    number: int
    title: str
    body: str | None
    user: Account
    app: App | None
    created_at: float
    updated_at: float
    state: Literal["open", "closed"] = "open"
    state_reason: str | None = None
    closed_at: float | None = None
    closed_by: Account | None = None
    locked: bool = False
    lock_reason: str | None = None
    labels: list[Label] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    pull: Pull | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class CheckSuite:
    """All check runs of one app on one commit."""

    id: int
    app: App
    head_sha: str
    head_branch: str | None
    before: str | None
    created_at: float
    updated_at: float
    runs: list["CheckRun"] = field(default_factory=list)


@dataclass(slots=True, kw_only=True, eq=False)
class CheckRun:
    """One check of an app on one commit.

    Attributes:
        output: title, summary and text, as they were last given.
        annotations: appended to by each request.
        actions: at most three buttons.
    """

    id: int
    suite: CheckSuite
    name: str
    head_sha: str
    created_at: float
    status: str = "queued"
    conclusion: str | None = None
    started_at: float | None = None
    completed_at: float | None = None
    details_url: str | None = None
    external_id: str = ""
    output: dict[str, str | None] = field(default_factory=dict)
    annotations: list[dict[str, Any]] = field(default_factory=list)
    actions: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True, eq=False)
class Status:
    """What somebody said of a commit under a context, once; the next one says more."""

    id: int
    head_sha: str
    context: str
    state: Literal["error", "failure", "pending", "success"]
    description: str | None
    target_url: str | None
    creator: Account
    created_at: float


@dataclass(slots=True, kw_only=True, eq=False)
class Repository:
    """A repository: its bare git repository on disk, and all that GitHub keeps beside it.

    Attributes:
        parent: what it is a fork of; `forks` are the forks of it.
        roles: by account id; the owner of a personal repository is an admin without a row.
        custom_roles: the name of the custom role, by account id; its base stands in `roles`.
        review_comments: on the diffs of all of its pull requests, by id.
        statuses: oldest first; the latest of each context counts.
        gone: issues that were transferred (to which address) or deleted (None), by number.
        signed: what GitHub itself has signed: signature and payload by commit; shared with
            its forks.
        moving: held while refs change, so that each change is noticed exactly once.
        deleted: whether it is gone, and only pull requests from it still know it.
    """

    id: int
    owner: Account
    name: str
    path: Path
    created_at: float
    updated_at: float
    pushed_at: float
    private: bool = False
    default_branch: str = "main"
    description: str | None = None
    parent: "Repository | None" = None
    forks: list["Repository"] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    roles: dict[int, Role] = field(default_factory=dict)
    custom_roles: dict[int, str] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    review_comments: dict[int, ReviewComment] = field(default_factory=dict)
    suites: dict[int, CheckSuite] = field(default_factory=dict)
    check_runs: dict[int, CheckRun] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)
    gone: dict[int, str | None] = field(default_factory=dict)
    signed: dict[str, tuple[str, str]] = field(default_factory=dict)
    moving: asyncio.Lock = field(default_factory=asyncio.Lock)
    deleted: bool = False

    @property
    def full_name(self) -> str:
        """Return `owner/name`."""
        return f"{self.owner.login}/{self.name}"

    @property
    def next_number(self) -> int:
        """Return the number of the next issue or pull request."""
        return max((*self.issues, *self.gone), default=0) + 1

    @property
    def pulls(self) -> list[Issue]:
        """Return the pull requests, oldest first."""
        return [issue for issue in self.issues.values() if issue.pull is not None]
