"""What comes next for a run whose agent is done, until GitHub has all that it made."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from bot.model.ids import Sha
from bot.rules.outputs import CHANGES

DELIVERY = "delivery"
"""What a run waits for meanwhile, in `waits`."""


class Next(StrEnum):
    """The one thing to do now."""

    FAIL = "fail"
    EXPIRE = "expire"
    END_WITH_WORDS = "end_with_words"
    END_WITH_QUESTION = "end_with_question"
    END_WITH_PLAN = "end_with_plan"
    END_WITH_NOTHING = "end_with_nothing"
    SEAL = "seal"
    OPEN = "open"
    SUCCEED = "succeed"
    WAIT = "wait"
    WAIT_FOR_YES = "wait_for_yes"
    GIVE_UP_YES = "give_up_yes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wished:
    """How a wish for GitHub stands: whether it is there, and the words of a refusal."""

    made: bool
    refused: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a run's changes have come.

    Attributes:
        asked: kinds of output that were accepted.
        branch: the wish for the branch, None before there is one.
        pull: the wish for the pull request.
        unanswered: whether a person was asked for a yes to the push and has not given it.
        late: whether the time is over of what the run waits for.
    """

    asked: Collection[str]
    branch: Wished | None = None
    pull: Wished | None = None
    unanswered: bool = False
    late: bool = False


def next_step(now: Standing) -> Next:
    """Choose by what the agent asked for and how far it has come."""
    if any(wish and wish.refused is not None for wish in (now.branch, now.pull)):
        return Next.FAIL
    if "plan" in now.asked:  # what was changed beside it comes after the yes
        return Next.END_WITH_PLAN
    if CHANGES.isdisjoint(now.asked):
        return _without_changes(now.asked)
    return _before_push(now) if now.branch is None else _after_push(now, now.branch)


def _before_push(now: Standing) -> Next:
    if not now.unanswered:
        return Next.SEAL
    return Next.GIVE_UP_YES if now.late else Next.WAIT_FOR_YES


def _after_push(now: Standing, branch: Wished) -> Next:
    last = branch if "push" in now.asked else now.pull
    if last and last.made:
        return Next.SUCCEED
    if branch.made and now.pull is None:
        return Next.OPEN
    return Next.EXPIRE if now.late else Next.WAIT


def _without_changes(asked: Collection[str]) -> Next:
    if "question" in asked:
        return Next.END_WITH_QUESTION
    return Next.END_WITH_WORDS if "comment" in asked else Next.END_WITH_NOTHING


def needs_yes(*, strangers: bool, ci: str) -> bool:
    """Tell whether a person has to say yes to a push.

    A push is an execution: it starts CI, with the repository's secrets.  What strangers
    had a word in goes there only by somebody's decision, or the repository's own, `auto`.
    """
    return strangers and ci != "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A branch that was pushed to while an agent worked on it.

    Attributes:
        head: where it stands now; None when it is gone.
        kept: whether what the agent started from is still part of it.
    """

    branch: str
    head: Sha | None
    kept: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GoOn:
    """Work on in another job, from where the branch stands now.

    Attributes:
        told: what people are shown.
        message: what the agent is told.
    """

    head: Sha
    told: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """End the run with these words."""

    words: str


def after_move(now: Moved, *, handoffs: int, most: int, prefix: str) -> GoOn | GiveUp:
    """Choose what becomes of work that cannot be pushed, as somebody else has pushed first.

    Work is put onto what was added, and never onto a history that a person has rewritten:
    it would bring back what they took out.  `most` bounds how often a run goes on by itself.
    """
    if now.head is None:
        return GiveUp(words=gone(now.branch))
    named = f"`{_named(now.branch)}`"
    if not now.kept:
        return GiveUp(
            words=f"{named} was rewritten while the agent worked, so that nothing was pushed. "
            f"`/{prefix} retry --fresh` does the work anew on what stands there now."
        )
    if handoffs >= most:
        return GiveUp(
            words=f"{named} has moved on again while the agent worked, so that nothing was "
            f"pushed. `/{prefix} retry` goes on from where it stands now."
        )
    pushed, turn = f"Somebody has pushed `{now.head[:9]}`", f"{handoffs + 1} of {most}"
    return GoOn(
        head=now.head,
        told=f"{pushed} meanwhile; going on from there ({turn})",
        message=f"{pushed} while you worked, so that yours was not pushed. You start from "
        "there; keep what they did, and ask for your push again.",
    )


def moved(branch: str) -> str:
    """Say that a push was refused since the branch is not where it was: known by these words."""
    return f"`{_named(branch)}` has moved on while the agent worked, so that nothing was pushed."


def taken(branch: str) -> str:
    """Say that a branch cannot be made, since there is one of its name."""
    return f"There is a branch `{_named(branch)}` already, which is not this run's."


def gone(branch: str) -> str:
    """Say that the branch which a run works on is not there any more."""
    return f"The branch `{_named(branch)}` is gone."


def _named(branch: str) -> str:
    """Return a name as it can stand in code; a backtick would end that."""
    return branch.replace("`", "'")
