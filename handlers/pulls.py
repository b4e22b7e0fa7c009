"""Stop what still runs on a pull request when it is merged or closed."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.events import SubjectClosed
from bot.model.intents import Intent, StopRuns
from bot.reactions import Reaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Whether it is still closed; an old event may be overtaken by a reopening."""

    still_holds: bool


def is_pull(event: SubjectClosed) -> bool:
    """Leave issues to `handlers.issues`."""
    return event.subject.kind == "pull"


def closed(event: SubjectClosed, facts: Facts) -> Sequence[Intent]:
    """Finish the runs that were asked for on it or that opened it."""
    if not facts.still_holds:
        return []
    how = "merged" if event.merged else "closed"
    return [StopRuns(subject=event.subject, agent=None, why=f"The pull request was {how}.")]


REACTIONS = (Reaction(event=SubjectClosed, facts=Facts, decide=closed, when=is_pull),)
