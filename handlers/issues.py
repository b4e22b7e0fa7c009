"""Stop what still runs on an issue when it is closed, deleted or moved away."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.model.events import SubjectClosed, SubjectGone
from bot.model.facts import RunNow
from bot.model.intents import Intent, StopRuns
from bot.reactions import NoFacts, Reaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What must be known before the runs of an issue are stopped.

    Attributes:
        still_holds: whether it is still closed; an old event may be overtaken by a reopening.
        closed_pulls: pull requests of its runs that are closed too, as by a merge that closes
            the issue; what becomes of those runs is told with the pull request.
    """

    still_holds: bool
    open_runs: Sequence[RunNow]
    closed_pulls: Collection[int]


def is_issue(event: SubjectClosed) -> bool:
    """Leave pull requests to `handlers.pulls`."""
    return event.subject.kind == "issue"


def closed(event: SubjectClosed, facts: Facts) -> Sequence[Intent]:
    """Finish the runs that were asked for on it."""
    if not facts.still_holds:
        return []
    stopped = [run.agent for run in facts.open_runs if run.pull not in facts.closed_pulls]
    all_of_them = len(stopped) == len(facts.open_runs)
    return [
        StopRuns(
            repo_id=event.repo_id,
            subject=event.subject,
            agent=agent,
            why="The issue was closed.",
            closed=True,
        )
        for agent in ([None] if all_of_them else stopped)
    ]


def gone(event: SubjectGone, _facts: NoFacts) -> Sequence[Intent]:
    """Finish the runs of an issue that is no longer there; there is no way back."""
    return [
        StopRuns(
            repo_id=event.repo_id,
            subject=event.subject,
            agent=None,
            why=f"The issue was {event.how}.",
        )
    ]


REACTIONS = (
    Reaction(event=SubjectClosed, facts=Facts, decide=closed, when=is_issue),
    Reaction(event=SubjectGone, facts=NoFacts, decide=gone),
)
