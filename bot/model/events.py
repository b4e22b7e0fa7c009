"""What happened on GitHub, cut down to what somebody here acts on.

Values only: `bot.model.readers` makes them from deliveries, handlers react to them.
https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.model.ids import InstallationId, Login, Repo, Sha
from bot.model.runs import Person, Subject, Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened, where the app is installed, who did it, and when (Unix seconds)."""

    installation: InstallationId
    sender: Person
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryEvent(Event):
    """Something in one repository.

    `repo_id` is GitHub's number of the repository: names are given away and taken again.
    """

    repo: Repo
    repo_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectEvent(RepositoryEvent):
    """Something about an issue or a pull request, as it was when it happened."""

    subject: Subject
    title: str
    body: str
    author: Person
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectLabeled(SubjectEvent):
    """Somebody put a label on an issue or a pull request."""

    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectUnlabeled(SubjectEvent):
    """Somebody took a label off an issue or a pull request."""

    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectOpened(SubjectEvent):
    """An issue or a pull request was opened, opened again, or made ready for review.

    Attributes:
        name: GitHub's name of the event with its action, such as `issues.opened`.
        head: of a pull request; None for an issue.
    """

    name: str
    head: Sha | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectClosed(SubjectEvent):
    """An issue or a pull request was closed; `merged` says whether by merging."""

    merged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectGone(SubjectEvent):
    """An issue was deleted, or moved to another repository."""

    how: Literal["deleted", "transferred"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectLocked(SubjectEvent):
    """Only people who may write can comment from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextWritten(SubjectEvent):
    """Somebody wrote or edited a comment, a review or a description.

    Attributes:
        where: what was written, with GitHub's number of it for comments and reviews.
        text: as it is now.
        before: as it was before an edit; None for what is new.
        writer: whose text it is; the one who edited it is the sender.
        path: the file that a review's comment is about, with its lines; else None.
        thread: GitHub's number of the first comment of its thread.
    """

    where: Trigger
    text: str
    before: str | None
    writer: Person
    path: str | None = None
    start_line: int | None = None
    line: int | None = None
    thread: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadSeen(SubjectEvent):
    """A delivery told which commit the head of a pull request is.

    Attributes:
        moved: whether this delivery is about the head having moved.
    """

    head: Sha
    moved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonPressed(RepositoryEvent):
    """Somebody pressed a button of a check run, or asked for the check to be run again.

    Attributes:
        app: GitHub's number of the app that owns the check run.
        run: what the check run names as its external id.
        button: the identifier of the button; `rerun` for GitHub's own.
    """

    app: int
    run: str
    head: Sha
    button: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecksReported(RepositoryEvent):
    """A check or a status of a commit has come to an end."""

    sha: Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewGiven(SubjectEvent):
    """Somebody has given a review of a pull request.

    Attributes:
        review: GitHub's number of it.
        state: GitHub's word for the verdict, in lower case.
        text: of the review itself; its comments on lines are not in it.
        head: the commit that was reviewed.
    """

    review: int
    state: str
    text: str
    head: Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed(RepositoryEvent):
    """A branch points to another commit.

    Attributes:
        default: whether it is the default branch.
        paths: which files the push changed; None when GitHub did not list them all.
    """

    branch: str
    sha: Sha
    default: bool
    paths: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationChanged(Event):
    """The app was installed, removed, suspended or given other permissions."""

    action: Literal["created", "deleted", "suspend", "unsuspend", "new_permissions_accepted"]
    account: Login
    permissions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoriesAdded(Event):
    """The app may work on these repositories of an installation from now on."""

    repos: tuple[Repo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoriesRemoved(Event):
    """The app may no longer work on these repositories of an installation."""

    repos: tuple[Repo, ...]
