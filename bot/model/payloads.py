"""The fields of webhook deliveries that we read, in GitHub's names.

GitHub keeps adding events, actions and fields, so what we do not read is never looked at.
https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.model.ids import OrderingKey


class Raw(BaseModel):
    """A part of a payload; whatever else GitHub sends is not looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class User(Raw):
    """A person, an organization or a bot."""

    id: int
    login: str
    type: str = "User"


class Repository(Raw):
    """A repository."""

    id: int
    full_name: str
    default_branch: str = ""


class NamedLabel(Raw):
    """A label."""

    name: str


class Head(Raw):
    """The head of a pull request."""

    sha: str


class About(Raw):
    """An issue or a pull request; `pull_request` marks an issue that is one."""

    number: int
    title: str = ""
    state: str = "open"
    draft: bool = False
    body: str | None = None
    user: User | None = None
    updated_at: datetime | None = None
    merged: bool | None = None
    head: Head | None = None
    pull_request: dict[str, Any] | None = None


class Written(Raw):
    """A comment or a review."""

    id: int
    body: str | None = None
    user: User | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    submitted_at: datetime | None = None
    state: str = ""
    commit_id: str | None = None
    path: str | None = None
    start_line: int | None = None
    line: int | None = None
    in_reply_to_id: int | None = None


class OldText(Raw):
    """A value from before an edit."""

    old: str | None = Field(default=None, validation_alias="from")


class Changes(Raw):
    """What an edit changed."""

    body: OldText | None = None


class OwnerApp(Raw):
    """The app that owns a check."""

    id: int


class Check(Raw):
    """A check run or a check suite."""

    head_sha: str
    external_id: str | None = None
    app: OwnerApp | None = None


class Button(Raw):
    """The button of a check run that was pressed."""

    identifier: str


class Commit(Raw):
    """A commit of a push, with the files it changed."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()


class Installation(Raw):
    """Where the app is installed."""

    id: int
    account: User | None = None
    permissions: dict[str, str] = {}


class Payload(Raw):
    """All that is read of any delivery."""

    action: str = ""
    installation: Installation
    sender: User
    repository: Repository | None = None
    issue: About | None = None
    pull_request: About | None = None
    label: NamedLabel | None = None
    comment: Written | None = None
    review: Written | None = None
    changes: Changes | None = None
    check_run: Check | None = None
    check_suite: Check | None = None
    requested_action: Button | None = None
    sha: str = ""
    ref: str = ""
    after: str = ""
    forced: bool = False
    commits: tuple[Commit, ...] = ()
    repositories_added: tuple[Repository, ...] = ()
    repositories_removed: tuple[Repository, ...] = ()


class _Sha(Raw):
    head_sha: str


class _Number(Raw):
    number: int


class _Id(Raw):
    id: int


class _Peek(Raw):
    """What tells deliveries apart that must be handled one after another."""

    repository: _Id | None = None
    installation: _Id | None = None
    issue: _Number | None = None
    pull_request: _Number | None = None
    check_run: _Sha | None = None
    check_suite: _Sha | None = None
    workflow_run: _Sha | None = None
    sha: str | None = None


def ordering_key(body: bytes) -> OrderingKey:
    """Name what a delivery is about: repository and number, or SHA, or alone, else installation.

    A push has a key of its repository: one that cannot be handled holds up no other.
    Ids are used, not names, since repositories are renamed.  Never raises: bytes
    that are no payload share one key of their own.
    """
    try:
        peek = _Peek.model_validate_json(body)
    except ValidationError:
        return OrderingKey("unreadable")
    about = peek.issue or peek.pull_request
    check = peek.check_run or peek.check_suite or peek.workflow_run
    sha = check.head_sha if check else peek.sha
    if peek.repository and about:
        return OrderingKey(f"repo:{peek.repository.id}#{about.number}")
    if peek.repository and sha:
        return OrderingKey(f"repo:{peek.repository.id}@{sha}")
    if peek.repository:
        return OrderingKey(f"repo:{peek.repository.id}")
    return OrderingKey(f"installation:{peek.installation.id}" if peek.installation else "app")
