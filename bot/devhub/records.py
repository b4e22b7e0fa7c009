"""What the embedded GitHub remembers: plain records, all in memory.

A pull request is an issue that has a `pull` part, as on GitHub.  Times are unix
seconds of the hub's clock.
"""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

Level = Literal["read", "write", "admin"]
Permissions = dict[str, Level]
Role = Literal["read", "triage", "write", "maintain", "admin"]


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
    """A GitHub App, with the one webhook that it has."""

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
    """What one installation access token opens, and until when."""

    token: str
    installation: Installation
    permissions: Permissions
    selected: set[int] | None
    expires_at: float


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
        head_sha: follows the head branch while the pull request is open.
        base_sha: where the base branch was when the head last moved.
    """

    id: int
    head: str
    base: str
    head_sha: str
    base_sha: str
    draft: bool = False
    merged_at: float | None = None
    merged_by: Account | None = None
    merge_commit_sha: str | None = None
    comparison: Comparison | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Issue:
    """An issue; a pull request when `pull` is there."""

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
class Repository:
    """A repository: its bare git repository on disk, and all that GitHub keeps beside it.

    Attributes:
        roles: by account id; the owner of a personal repository is an admin without a row.
        moving: held while refs change, so that each change is noticed exactly once.
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
    labels: list[Label] = field(default_factory=list)
    roles: dict[int, Role] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    suites: dict[int, CheckSuite] = field(default_factory=dict)
    check_runs: dict[int, CheckRun] = field(default_factory=dict)
    moving: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def full_name(self) -> str:
        """Return `owner/name`."""
        return f"{self.owner.login}/{self.name}"

    @property
    def pulls(self) -> list[Issue]:
        """Return the pull requests, oldest first."""
        return [issue for issue in self.issues.values() if issue.pull is not None]
