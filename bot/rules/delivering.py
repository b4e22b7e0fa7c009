"""What comes next for a run whose agent is done, until GitHub has all that it made."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

DELIVERY = "delivery"
"""What a run waits for meanwhile, in `waits`."""


class Next(StrEnum):
    """The one thing to do now."""

    FAIL = "fail"
    EXPIRE = "expire"
    END_WITH_WORDS = "end_with_words"
    END_WITH_NOTHING = "end_with_nothing"
    PUSH = "push"
    OPEN = "open"
    SUCCEED = "succeed"
    WAIT = "wait"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wished:
    """How a wish for GitHub stands: whether it is there, and the words of a refusal."""

    made: bool
    refused: str | None


def next_step(
    asked: Collection[str], branch: Wished | None, pull: Wished | None, *, late: bool
) -> Next:
    """Choose by what the agent asked for and how the branch and the pull request stand.

    `asked` are the kinds of output that were accepted; `late` says that GitHub has had its time.
    """
    if any(wish and wish.refused is not None for wish in (branch, pull)):
        return Next.FAIL
    if "pull_request" not in asked:
        return Next.END_WITH_WORDS if "comment" in asked else Next.END_WITH_NOTHING
    if branch is None:
        return Next.PUSH
    if pull and pull.made:
        return Next.SUCCEED
    if branch.made and pull is None:
        return Next.OPEN
    return Next.EXPIRE if late else Next.WAIT
