"""A run, its jobs and what an agent asks for: the values that pass between floors."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from bot.model.ids import Fence, JobName, Login, Repo, RunId, Sha, UserId
from bot.model.limits import Limits as Limits  # noqa: PLC0414 - of agents, as all of this is
from bot.model.models import Cost
from bot.model.validations import Definition, Setup, Toolbox


class Conclusion(StrEnum):
    """How a finished run ended, in GitHub's words for check runs.

    https://docs.github.com/en/rest/checks/runs#create-a-check-run
    """

    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    TIMED_OUT = "timed_out"
    ACTION_REQUIRED = "action_required"


SubjectKind = Literal["issue", "pull"]

RuntimeName = Literal["acp", "claude", "codex", "command", "gemini", "opencode", "playbook"]
"""The programs that can be an agent's brain."""

COMMANDED: frozenset[RuntimeName] = frozenset({"acp", "command"})
"""Those that an agent's file tells what to start, so that nobody else can choose them."""

PLAIN: tuple[RuntimeName, ...] = ("claude", "codex", "gemini", "opencode", "playbook")
"""All others: they need no more than their name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An issue or a pull request."""

    repo: Repo
    number: int
    kind: SubjectKind

    def __str__(self) -> str:
        return f"{self.repo}#{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who did something on GitHub.  The id decides; the login may be renamed."""

    id: UserId
    login: Login
    bot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSpec:
    """An agent as configuration defines it.

    Attributes:
        runtime: which driver runs it.
        command: argv of the program, looked up on the sandbox's PATH; for `command` alone.
        prompt: what the agent is told of its work, before what it is asked for.
        context: whether it is shown text from the subject, which strangers may have written.
        model: the language model that it is to use; empty for the operator's choice.
        turns: requests to models in one job.
        waits: what its run waits for when its changes are on GitHub: `ci`, `review`.
        outputs: what it may ask for, and how often until it hears something new.
    """

    name: str
    description: str
    runtime: RuntimeName
    command: tuple[str, ...] = ()
    prompt: str = ""
    context: Literal["none", "thread"] = "none"
    model: str = ""
    turns: int = 200
    waits: tuple[str, ...] = ()
    outputs: dict[str, int] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


TriggerKind = Literal[
    "label", "issue_comment", "review_comment", "review", "description", "button", "event"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What a run was asked for with.

    Attributes:
        id: GitHub's number of the comment or review, for those kinds; else 0.
    """

    kind: TriggerKind
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What configuration said when a run was asked for; later changes are for later runs.

    Attributes:
        agent: who does it, and what it may ask for.
        protect: globs of paths that no agent changes without a person.
        ci: whether a push of ours that strangers had a word in waits for a person.
        sign_off: whether commits carry `Signed-off-by`.
        signed: whether GitHub is asked to sign the commits.
        draft: whether pull requests are opened as drafts.
        parked: seconds that the run may wait for a person.
        label: the label that starts the agent, which an open run bears; None without one.
        prefix: the word after the slash of commands, as people write them here.
        command: the word after the prefix that starts the agent; None without one.
        handoffs: how often CI may wake the run before a person has to.
        cost: what the run may cost.
        at_once: how many runs of the repository may hold a runner at the same time.
        egress: hosts that its jobs may reach; `*.` stands for any name below one.
        validations: those that its agent may ask for.
        toolboxes: those that stand beside its agent, or that its validations name.
        setup: what prepares the workspace; None for nothing.
    """

    agent: AgentSpec
    protect: tuple[str, ...] = ()
    ci: Literal["approve", "auto"] = "approve"
    sign_off: bool = False
    signed: bool = False
    draft: bool = False
    parked: int = 14 * 24 * 3600
    label: str | None = None
    prefix: str = "gr"
    command: str | None = None
    at_once: int = 3
    handoffs: int = 5
    cost: Cost = field(default_factory=Cost)
    egress: tuple[str, ...] = ()
    validations: tuple[Definition, ...] = ()
    toolboxes: tuple[Toolbox, ...] = ()
    setup: Setup | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The commit of a pull request that a run works on.

    Attributes:
        sha: the head of the pull request.
        branch: its head branch.
        fork: whether that branch lies in another repository, where we cannot push.
    """

    sha: Sha
    branch: str
    fork: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Something that somebody wrote, as an agent is shown it.

    Attributes:
        trusted: whether its author may write to the repository.
        path: the file that a review's comment is about, with its lines; else None.
        thread: GitHub's number of the first comment of its thread, for what stands beside lines.
    """

    author: Login
    trusted: bool
    body: str
    path: str | None = None
    start_line: int | None = None
    line: int | None = None
    thread: int | None = None


MessageKind = Literal[
    "ci", "review", "answer", "push", "conflict", "refused", "steer", "plan", "continue"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something that reaches a run after it was asked for, and wakes it when it waits.

    Attributes:
        text: Markdown for the agent, in which untrusted parts are marked.
        by: who wrote it; None for what GitHub or CI tells.
        trusted: whether they may write to the repository.
        at: Unix seconds.
        texts: what else belongs to it, each beside its lines: the threads of a review.
    """

    kind: MessageKind
    text: str
    by: Login | None = None
    trusted: bool = False
    at: float = 0.0
    texts: tuple[Text, ...] = ()

    @property
    def by_strangers(self) -> bool:
        """Whether somebody who may not write to the repository had a word in it."""
        return bool(self.by and not self.trusted) or not all(text.trusted for text in self.texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a job left behind, enough to go on elsewhere.

    Attributes:
        base: the commit that its work stands on.
        work: the blob with a git bundle of all that was changed since; None for nothing.
        session: the blob with a tar of the runtime's session files; None for none.
        at: Unix seconds.
        pushed: the commit by which the work has come to its branch; None while it has not.
    """

    base: Sha
    work: str | None = None
    session: str | None = None
    at: float = 0.0
    pushed: Sha | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an agent wants to do, of which a person decides.

    Attributes:
        text: Markdown, the agent's own words.
        sha: the commit that it was made on.
        hash: names this text on this commit, so that a yes means nothing else.
    """

    text: str
    sha: Sha
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPlan:
    """All that a runner and a harness need to know of one job; holds no secret.

    Attributes:
        job: the name under which the runner creates it or adopts it.
        shelf: the name under which the mirror of the repository lies.
        base: the commit that the workspace starts from.
        brief: text for the agent (untrusted parts are marked in it).
        instruction: the words of the person who asked, who may start the agent.
        texts: what else was written there before it was asked for, oldest first.
        own: whether the changes go to a pull request that the run itself has opened.
        messages: what has come since the run's last job, oldest first.
        mail: the numbers of these messages, by which they are written down as read.
        checkpoint: what the run's last job left.
        egress: hosts that the job may reach beside its model, as in `Terms`.
        validations: the names of those that the agent may ask for.
        ahead: of these, the ones that begin before it asks.
    """

    job: JobName
    run: RunId
    fence: Fence
    repo: Repo
    shelf: Repo
    subject: int
    kind: SubjectKind = "issue"
    base: Sha
    base_branch: str
    agent: AgentSpec
    brief: str
    title: str = ""
    instruction: str = ""
    texts: tuple[Text, ...] = ()
    own: bool = False
    messages: tuple[Message, ...] = ()
    mail: tuple[int, ...] = ()
    checkpoint: Checkpoint | None = None
    egress: tuple[str, ...] = ()
    validations: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()
