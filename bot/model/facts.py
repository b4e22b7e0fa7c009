"""What handlers are told beside the event: who acts, what GitHub shows now, what runs."""

from dataclasses import dataclass

from bot.model.ids import Login, RunId, Sha, UserId
from bot.model.models import NOTHING
from bot.model.money import Micros
from bot.model.runs import Conclusion, Person, Plan, Start, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class PullNow:
    """A pull request as GitHub shows it now; `base` is the branch that it is for."""

    head: Start
    base: str
    open: bool
    draft: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Something that a run waits for.

    Attributes:
        reason: such as `approval`; `bot.rules.waiting` names them.
        about: the commit, or the hash of the plan, that is asked about; None where there is none.
        since: Unix seconds.
        deadline: Unix seconds, after which the run ends.
        plan: the plan that a yes is asked to.
    """

    reason: str
    about: Sha | None
    since: float
    deadline: float
    plan: Plan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What an agent has asked.

    Attributes:
        at: Unix seconds.
        closed: when the job began that was told of the answer; None before.
    """

    text: str
    at: float
    closed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNow:
    """A run as it stands.

    Attributes:
        subject: where it was asked for.
        state: of the run's life, such as `queued`.
        words: what was said at its end.
        changed_at: Unix seconds of its last move.
        outsiders: whether its agent was told words of people who may not write.
        round: how often it went on after a person's yes; each round has a check run.
        question: what it has asked last; None when it never did.
        head: the commit that it shows on: ours once it has pushed.
        branch: the one that its changes were pushed to.
        closed: whether it ended because its subject was closed.
        theirs: whether it was somebody else who pushed its head.
        left: whether there is something of it that another run can go on from.
        budget: what it could cost in all, with what people have added; None for any amount.
        extra: what they have added.
    """

    id: RunId
    agent: str
    subject: Subject
    title: str
    body: str
    author: Person
    instruction: str
    asked_by: Login
    asked_at: float
    state: str
    conclusion: Conclusion | None
    words: str
    changed_at: float
    fork: bool
    pull: int | None
    waits: tuple[Waiting, ...] = ()
    outsiders: bool = False
    round: int = 0
    asked_by_id: UserId | None = None
    question: Question | None = None
    head: Sha | None = None
    branch: str | None = None
    closed: bool = False
    theirs: bool = False
    left: bool = False
    budget: Micros | None = None
    extra: Micros = NOTHING

    @property
    def asks(self) -> bool:
        """Whether its question is not answered yet."""
        return self.question is not None and self.question.closed is None

    @property
    def is_open(self) -> bool:
        """Whether it is not finished."""
        return self.conclusion is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Somebody holds runs back.

    Attributes:
        scope: `all`, `owner:LOGIN` or `repo:ID`.
        at: Unix seconds.
    """

    scope: str
    by: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDecision:
    """What was decided of something that a person asked for."""

    person: Login
    act: str
    allowed: bool
    rule: str
    words: str
    at: float
