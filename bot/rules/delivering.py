"""What comes next for a run whose agent is done, until GitHub has all that it made."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

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
