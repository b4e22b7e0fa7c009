"""Webhook deliveries, cut down to the fields that we read.

`parse` is given bytes whose signature was checked and gives one of the events
below, or None for the many that are nobody's business here.  GitHub keeps adding
events, actions and fields, so what we do not read is never looked at.
https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.model.errors import GreenroomError
from bot.model.ids import InstallationId, Login, OrderingKey, Repo, UserId
from bot.model.runs import Person, Subject, SubjectKind


class Unreadable(GreenroomError):
    """A delivery of a kind that we read lacks what GitHub promises to send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened, where the app is installed, who did it, and when (Unix seconds)."""

    installation: InstallationId
    sender: Person
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectLabeled(Event):
    """Somebody put a label on an issue or a pull request.

    `repo_id` is GitHub's number of the repository: names are given away and taken again.
    """

    repo_id: int
    subject: Subject
    title: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectUnlabeled(Event):
    """Somebody took a label off an issue or a pull request."""

    subject: Subject
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectClosed(Event):
    """An issue or a pull request was closed; `merged` says whether by merging."""

    subject: Subject
    merged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationChanged(Event):
    """The app was installed, removed, suspended or given other permissions."""

    action: Literal["created", "deleted", "suspend", "unsuspend", "new_permissions_accepted"]
    account: Login
    permissions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoriesRemoved(Event):
    """The app may no longer work on these repositories of an installation."""

    repos: tuple[Repo, ...]


class _Raw(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class _User(_Raw):
    id: int
    login: str
    type: str = "User"


class _Repository(_Raw):
    id: int
    full_name: str


class _Label(_Raw):
    name: str


class _Numbered(_Raw):
    number: int
    title: str = ""
    updated_at: datetime | None = None
    merged: bool | None = None


class _Installation(_Raw):
    id: int
    account: _User | None = None
    permissions: dict[str, str] = {}


class _Payload(_Raw):
    action: str = ""
    installation: _Installation
    sender: _User
    repository: _Repository | None = None
    issue: _Numbered | None = None
    pull_request: _Numbered | None = None
    label: _Label | None = None
    repositories_removed: tuple[_Repository, ...] = ()


class _Sha(_Raw):
    head_sha: str


class _Number(_Raw):
    number: int


class _Id(_Raw):
    id: int


class _Peek(_Raw):
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
    """Name what a delivery is about: repository and number, else SHA, else installation.

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
    if peek.installation:
        return OrderingKey(f"installation:{peek.installation.id}")
    return OrderingKey(f"repo:{peek.repository.id}" if peek.repository else "app")


def _person(user: _User) -> Person:
    return Person(id=UserId(user.id), login=Login(user.login), bot=user.type == "Bot")


def _subject(payload: _Payload) -> tuple[Subject, _Numbered]:
    kind: SubjectKind = "pull" if payload.pull_request else "issue"
    about = payload.pull_request or payload.issue
    if about is None or payload.repository is None:
        raise Unreadable("the delivery names no issue or pull request")
    repo = Repo(payload.repository.full_name)
    return Subject(repo=repo, number=about.number, kind=kind), about


def _labeled(payload: _Payload, at: float) -> Event:
    subject, about = _subject(payload)
    if payload.label is None or payload.repository is None:
        raise Unreadable("the delivery names no label")
    return SubjectLabeled(
        installation=InstallationId(payload.installation.id),
        sender=_person(payload.sender),
        at=about.updated_at.timestamp() if about.updated_at else at,
        repo_id=payload.repository.id,
        subject=subject,
        title=about.title,
        label=payload.label.name,
    )


def _unlabeled(payload: _Payload, at: float) -> Event | None:
    subject, about = _subject(payload)
    if payload.label is None:  # GitHub sends this when the label itself was deleted
        return None
    return SubjectUnlabeled(
        installation=InstallationId(payload.installation.id),
        sender=_person(payload.sender),
        at=about.updated_at.timestamp() if about.updated_at else at,
        subject=subject,
        label=payload.label.name,
    )


def _closed(payload: _Payload, at: float) -> Event:
    subject, about = _subject(payload)
    return SubjectClosed(
        installation=InstallationId(payload.installation.id),
        sender=_person(payload.sender),
        at=about.updated_at.timestamp() if about.updated_at else at,
        subject=subject,
        merged=bool(about.merged),
    )


def _installation(payload: _Payload, at: float) -> Event:
    account = payload.installation.account
    if account is None:
        raise Unreadable("the delivery names no account")
    return InstallationChanged(
        installation=InstallationId(payload.installation.id),
        sender=_person(payload.sender),
        at=at,
        action=payload.action,  # type: ignore[arg-type]  # READERS lists the five
        account=Login(account.login),
        permissions=payload.installation.permissions,
    )


def _removed(payload: _Payload, at: float) -> Event:
    return RepositoriesRemoved(
        installation=InstallationId(payload.installation.id),
        sender=_person(payload.sender),
        at=at,
        repos=tuple(Repo(each.full_name) for each in payload.repositories_removed),
    )


READERS: Mapping[tuple[str, str], Callable[[_Payload, float], Event | None]] = {
    ("issues", "labeled"): _labeled,
    ("issues", "unlabeled"): _unlabeled,
    ("issues", "closed"): _closed,
    ("pull_request", "labeled"): _labeled,
    ("pull_request", "unlabeled"): _unlabeled,
    ("pull_request", "closed"): _closed,
    ("installation", "created"): _installation,
    ("installation", "deleted"): _installation,
    ("installation", "suspend"): _installation,
    ("installation", "unsuspend"): _installation,
    ("installation", "new_permissions_accepted"): _installation,
    ("installation_repositories", "removed"): _removed,
}
"""Every event and action that is read; all others are noted and ignored."""

EVENTS = frozenset(name for name, _ in READERS)
"""The names of all events that are read."""

ALWAYS_SENT = frozenset({"installation", "installation_repositories"})
"""Those of them that GitHub sends to every app, and that a manifest cannot name."""


class _Action(_Raw):
    action: str = ""


def parse(name: str, body: bytes, *, received_at: float) -> Event | None:
    """Read a verified delivery of the event `name`; None when nothing of ours reads it.

    Raises:
        Unreadable: an event that we read lacks a field that GitHub documents.
    """
    if name not in EVENTS:
        return None
    try:
        reader = READERS.get((name, _Action.model_validate_json(body).action))
        return reader(_Payload.model_validate_json(body), received_at) if reader else None
    except ValidationError as problem:
        raise Unreadable(f"{name}: {problem.error_count()} fields are not as documented") from None
