"""Stop what still runs on an issue when it is closed."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.events import SubjectClosed
from bot.model.intents import Intent, StopRuns
from bot.reactions import Reaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Whether it is still closed; an old event may be overtaken by a reopening."""

    still_holds: bool


def is_issue(event: SubjectClosed) -> bool:
    """Leave pull requests to `handlers.pulls`."""
    return event.subject.kind == "issue"


def closed(event: SubjectClosed, facts: Facts) -> Sequence[Intent]:
    """Finish the runs that were asked for on it."""
    if not facts.still_holds:
        return []
    return [StopRuns(subject=event.subject, agent=None, why="The issue was closed.")]


REACTIONS = (Reaction(event=SubjectClosed, facts=Facts, decide=closed, when=is_issue),)
