"""What a handler wants done.  Data only; `bot.work.dispatch` carries it out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.model.ids import InstallationId, Login, Repo, RunId, Sha
from bot.model.models import NOTHING
from bot.model.money import Micros
from bot.model.runs import Message, Person, Start, Subject, Terms, Trigger
from bot.model.validations import Definition, Setup, Toolbox


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRun:
    """Queue one run of an agent on a subject.

    Attributes:
        instruction: the words of the person who asks.
        body: the subject's description when it was asked, by `author`.
        at: Unix seconds of the trigger, on GitHub's clock.
        start: the commit to work on, for pull requests.
        asks: whether a person has to say yes to that commit before anything runs.
        outsiders: whether others than `asked_by` wrote some of the instruction, so that
            nothing that comes of it is pushed without a person's yes.
        per_day: runs that may start in the repository within a day, this one among them.
        after: the finished run that it goes on from; None to begin anew.
        extra: money that the person adds to what it may cost.
    """

    installation: InstallationId
    repo_id: int
    subject: Subject
    title: str
    body: str
    author: Person
    instruction: str
    asked_by: Person
    trigger: Trigger
    terms: Terms
    at: float
    start: Start | None = None
    asks: bool = False
    outsiders: bool = False
    per_day: int | None = None
    after: RunId | None = None
    extra: Micros = NOTHING

    @property
    def agent(self) -> str:
        """The agent's name."""
        return self.terms.agent.name


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRuns:
    """Cancel the open runs of a subject; only those of `agent`, if one is named.

    `unlabeled` says that a person took the agent's label off; `merged` that what the runs
    made was merged, so that those which only wait have done their work; `closed` that the
    subject was closed, so that its reopening goes on with them.
    """

    repo_id: int
    subject: Subject
    agent: str | None
    why: str
    unlabeled: bool = False
    merged: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRepository:
    """Cancel every open run of an installation, or of one of its repositories."""

    installation: InstallationId
    repo: Repo | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TellRuns:
    """Add a line to the story of a subject's open runs."""

    repo_id: int
    subject: Subject
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """Let a run go on that waits for a person's yes to a commit."""

    run: RunId
    sha: Sha
    by: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage:
    """Tell a run something; it wakes the run when it waits, and reaches it when it works.

    `key` names what it comes from: the same is told once.
    """

    run: RunId
    message: Message
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Validate:
    """Run validations on the head of a pull request, without an agent.

    Attributes:
        head: the head of the pull request as GitHub shows it now.
        definitions: those that were asked for, as the default branch has them.
        toolboxes: those that there are, for the definitions to name.
        setup: what prepares their workspaces; None for nothing.
    """

    installation: InstallationId
    repo_id: int
    subject: Subject
    person: Person
    trigger: Trigger
    head: Start
    definitions: tuple[Definition, ...]
    toolboxes: tuple[Toolbox, ...]
    setup: Setup | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAtChecks:
    """Have the runs looked at that wait for the checks of a commit."""

    repo_id: int
    sha: Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetReview:
    """Take for met that a run's pull request waits for a review: this head was approved."""

    run: RunId
    head: Sha
    by: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowHead:
    """Have a run that waits for a review wait for one of a head that somebody has pushed."""

    run: RunId
    head: Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAgain:
    """Ask about another commit than before: the head of the pull request has moved."""

    run: RunId
    sha: Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPause:
    """Hold back the runs of a scope: `all`, `owner:LOGIN` or `repo:ID`; or let them go on."""

    scope: str
    by: str
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class React:
    """Show with a reaction that something was seen: `eyes`, `+1`, `confused`."""

    installation: InstallationId
    subject: Subject
    trigger: Trigger
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Answer what a person wrote, in a comment of its own.

    `folded`: in the one comment that a person without triage access gets on a subject.
    """

    installation: InstallationId
    subject: Subject
    person: Person
    trigger: Trigger
    text: str
    folded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """Tell the person who asked why nothing will happen: a reaction, and words once."""

    installation: InstallationId
    repo_id: int
    subject: Subject
    person: Person
    trigger: Trigger
    reason: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDecision:
    """Write down who asked for what, and which rule decided."""

    repo_id: int
    subject: Subject
    person: Person
    role: str
    act: str
    allowed: bool
    rule: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordHead:
    """Remember that the head of a pull request was seen at a commit."""

    repo_id: int
    number: int
    sha: Sha
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One mistake in a configuration file, for the commit that made it."""

    path: str
    line: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportConfig:
    """Show on a commit whether the configuration in it is right."""

    installation: InstallationId
    repo: Repo
    head: Sha
    notes: Sequence[Note]


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmMirror:
    """Fetch what is new into the mirror of a repository that we have worked on before."""

    installation: InstallationId
    repo: Repo
    repo_id: int
    sha: Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetConfig:
    """Read the configuration of a repository anew: it was out of sight for a while."""

    repo: Repo


@dataclass(frozen=True, slots=True, kw_only=True)
class DropBranch:
    """Delete a branch that a run has made, if it still stands where the run has left it."""

    installation: InstallationId
    repo: Repo
    repo_id: int
    branch: str
    sha: Sha


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


Intent = (
    StartRun
    | StopRuns
    | StopRepository
    | TellRuns
    | Approve
    | SendMessage
    | Validate
    | LookAtChecks
    | MeetReview
    | FollowHead
    | AskAgain
    | SetPause
    | React
    | Reply
    | Refuse
    | RecordDecision
    | RecordHead
    | ReportConfig
    | WarmMirror
    | ForgetConfig
    | DropBranch
    | DropLabel
    | RecordInstallation
)
