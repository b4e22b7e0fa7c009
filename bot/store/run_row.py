"""A run as a row of the database."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from pydantic import TypeAdapter

from bot.model.ids import Fence, InstallationId, Login, Repo, RunId, Sha, UserId
from bot.model.money import Micros
from bot.model.runs import Checkpoint, Conclusion, Plan, Subject, SubjectKind, Terms, Trigger
from bot.model.validations import Groundwork
from bot.rules.cinow import CiNow
from bot.rules.lifecycle import Compute, Run
from bot.store.schema import runs


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run as it stood when it was read.

    Attributes:
        terms: what configuration said when it was asked for.
        asked_at: Unix seconds of the trigger, on GitHub's clock.
        fork: whether it works on a pull request whose branch we cannot push to.
        outsiders: whether its agent was shown words of people who may not write here.
        round: how often it went on after its check run was completed; each round has one.
        handoffs: how often CI has woken it since a person had a word.
        own_pull: the pull request that it has opened; then its changes go there.
        checkpoint: what its last job left.
        plan: what a person has said yes to; None before, and where none is asked for.
        after: the finished run that it goes on from, with its checkpoint and its notes.
        extra: what people have added to what it may cost.
        closed: whether it ended because its subject was closed, so that reopening goes on.
        verdict: what is known of CI on its head, and what its agent was told of.
        tree: Git's name of all that is in the head that it has pushed.
        groundwork: what is to lie below the workspaces of its jobs; None for nothing.
    """

    id: RunId
    installation: InstallationId
    repo_id: int
    repo: Repo
    number: int
    kind: SubjectKind
    title: str
    agent: str
    asked_by_id: UserId
    asked_by: Login
    instruction: str
    body: str
    author_id: UserId
    author: Login
    trigger: Trigger
    terms: Terms
    asked_at: float
    fork: bool
    outsiders: bool
    round: int
    handoffs: int
    own_pull: int | None
    checkpoint: Checkpoint | None
    plan: Plan | None
    after: RunId | None
    closed: bool
    extra: Micros
    verdict: CiNow | None
    state: Run
    compute: Compute
    fence: Fence
    conclusion: Conclusion | None
    words: str | None
    base: Sha | None
    base_branch: str | None
    result: Sha | None
    head: Sha | None
    head_branch: str | None
    tree: Sha | None
    created_at: float
    changed_at: float
    next_attempt_at: float
    failures: int
    deadline: float | None
    groundwork: Groundwork | None = None

    @property
    def on_branch(self) -> bool:
        """Whether its changes go onto a branch that is there: a pull request's."""
        return self.kind == "pull" or self.own_pull is not None

    @property
    def leaves_something(self) -> bool:
        """Whether there is something to go on from, or a job that will still leave it."""
        at_work = self.compute is not Compute.NONE
        return at_work or self.checkpoint is not None or self.own_pull is not None

    @property
    def budget(self) -> Micros | None:
        """What it may cost, together with the runs that it goes on from; None for any amount."""
        per_run = self.terms.cost.per_run
        return None if per_run is None else Micros(per_run + self.extra)

    @property
    def subject(self) -> Subject:
        """Where the run was asked for."""
        return Subject(repo=self.repo, number=self.number, kind=self.kind)


COLUMNS = tuple(runs.c[field.name] for field in fields(RunRow))


CHECKPOINT: TypeAdapter[Checkpoint | None] = TypeAdapter(Checkpoint | None)
PLAN: TypeAdapter[Plan | None] = TypeAdapter(Plan | None)
VERDICT: TypeAdapter[CiNow | None] = TypeAdapter(CiNow | None)
GROUNDWORK: TypeAdapter[Groundwork | None] = TypeAdapter(Groundwork | None)
TERMS = TypeAdapter(Terms)
"""Reads terms back from the JSON that is stored."""


def from_columns(row: Any) -> RunRow:
    """Make a run of a row that a query over `COLUMNS` has found."""
    values = dict(row)
    values["state"] = Run(values["state"])
    values["compute"] = Compute(values["compute"])
    values["conclusion"] = Conclusion(values["conclusion"]) if values["conclusion"] else None
    values["trigger"] = Trigger(**values["trigger"])
    values["checkpoint"] = CHECKPOINT.validate_python(values["checkpoint"])
    values["plan"] = PLAN.validate_python(values["plan"])
    values["verdict"] = VERDICT.validate_python(values["verdict"])
    values["groundwork"] = GROUNDWORK.validate_python(values["groundwork"])
    values["terms"] = TERMS.validate_python(values["terms"])
    return RunRow(**values)


def to_columns(row: RunRow) -> dict[str, Any]:
    """Return a run's values as the database keeps them."""
    values = {field.name: getattr(row, field.name) for field in fields(row)}
    return values | {
        "trigger": asdict(row.trigger),
        "terms": TERMS.dump_python(row.terms, mode="json"),
        "checkpoint": row.checkpoint and asdict(row.checkpoint),
        "plan": row.plan and asdict(row.plan),
        "verdict": row.verdict and asdict(row.verdict),
        "groundwork": row.groundwork and asdict(row.groundwork),
    }
