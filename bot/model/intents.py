"""What a handler wants done.  Data only; `bot.work.dispatch` carries it out."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.model.ids import InstallationId, Login, Repo
from bot.model.runs import Person, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRun:
    """Queue one run of an agent on a subject."""

    installation: InstallationId
    repo_id: int
    subject: Subject
    title: str
    agent: str
    asked_by: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRuns:
    """Cancel the open runs of a subject; only those of `agent`, if one is named."""

    subject: Subject
    agent: str | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRepository:
    """Cancel every open run of an installation, or of one of its repositories."""

    installation: InstallationId
    repo: Repo | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """Tell the person who asked why nothing will happen: a reaction, and words once."""

    installation: InstallationId
    subject: Subject
    person: Person
    reason: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DropLabel:
    """Take a trigger label off, so that putting it back asks again."""

    installation: InstallationId
    subject: Subject
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordInstallation:
    """Remember what an installation is and may do."""

    installation: InstallationId
    account: Login
    permissions: Mapping[str, str]
    active: bool


Intent = StartRun | StopRuns | StopRepository | Refuse | DropLabel | RecordInstallation
