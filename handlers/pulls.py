"""Keep our own record of the heads of pull requests, and stop runs on those that are closed."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.events import HeadSeen, SubjectClosed
from bot.model.facts import PullNow, RunNow
from bot.model.ids import Sha
from bot.model.intents import (
    AskAgain,
    DropBranch,
    FollowHead,
    Intent,
    LookAtChecks,
    RecordHead,
    StopRuns,
)
from bot.reactions import NoFacts, Reaction
from bot.rules.repoconfig import Config
from bot.rules.waiting import CI, REVIEW, START

OURS = "greenroom/"
"""How the name of every branch begins that a run makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What must be known before the runs of a pull request are ended.

    Attributes:
        still_holds: whether it is still closed; an old event may be overtaken by a reopening.
    """

    still_holds: bool
    config: Config
    open_runs: Sequence[RunNow]
    past_runs: Sequence[RunNow]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadFacts:
    """The open runs, of which some may wait for a yes to an older head, and the head as it is.

    Deliveries overtake one another: the head that this one tells may be an older one itself.
    """

    open_runs: Sequence[RunNow]
    pull: PullNow | None


def is_pull(event: SubjectClosed) -> bool:
    """Leave issues to `handlers.issues`."""
    return event.subject.kind == "pull"


def has_moved(event: HeadSeen) -> bool:
    """Tell a push from the many deliveries that only name the head."""
    return event.moved


def seen(event: HeadSeen, _facts: NoFacts) -> Sequence[Intent]:
    """Remember which head could be seen, and from when on."""
    number = event.subject.number
    return [RecordHead(repo_id=event.repo_id, number=number, sha=event.head, at=event.at)]


def pushed(event: HeadSeen, facts: HeadFacts) -> Sequence[Intent]:
    """Ask anew where a run waits for a yes to a head that is no more, and look at the new one."""
    if facts.pull is None:
        return []
    head = facts.pull.head.sha
    waits = [(run, wait) for run in facts.open_runs for wait in run.waits if wait.about != head]
    asked = [AskAgain(run=run.id, sha=head) for run, wait in waits if wait.reason == START]
    watched = [wait.about for _, wait in waits if wait.reason == CI and wait.about]
    looks = (LookAtChecks(repo_id=event.repo_id, sha=sha) for sha in watched)
    # where GitHub's two answers differ one of them is old, and another delivery comes
    agreed = facts.open_runs if event.head == head else ()
    left = (run for run in agreed if _is_left_behind(run, head))
    return [*asked, *looks, *(FollowHead(run=run.id, head=head) for run in left)]


def _is_left_behind(run: RunNow, head: Sha) -> bool:
    """Tell whether a run waits for a review of a head that is no more; CI sees that itself."""
    reasons = {wait.reason for wait in run.waits}
    return REVIEW in reasons and CI not in reasons and run.head not in {None, head}


def closed(event: SubjectClosed, facts: Facts) -> Sequence[Intent]:
    """Finish the runs that were asked for on it or that opened it, and clean up after them."""
    if not facts.still_holds:
        return []
    how = "merged" if event.merged else "closed"
    deletes = facts.config.branches.delete in {"closed", how}
    runs = [*facts.open_runs, *facts.past_runs]
    made = {run.branch: run for run in reversed(runs) if _made(run, event)}  # the newest counts
    return [
        StopRuns(
            repo_id=event.repo_id,
            subject=event.subject,
            agent=None,
            why=f"The pull request was {how}.",
            merged=event.merged,
            closed=not event.merged,
        ),
        *(
            DropBranch(
                installation=event.installation,
                repo=event.repo,
                repo_id=event.repo_id,
                branch=run.branch,
                sha=run.head,
            )
            for run in made.values()
            if deletes and run.branch and run.head and not run.theirs
        ),
    ]


def _made(run: RunNow, event: SubjectClosed) -> bool:
    """Tell whether the branch of a pull request is one that a run has made."""
    return run.pull == event.subject.number and (run.branch or "").startswith(OURS)


REACTIONS = (
    Reaction(event=HeadSeen, facts=NoFacts, decide=seen),
    Reaction(event=HeadSeen, facts=HeadFacts, decide=pushed, when=has_moved),
    Reaction(event=SubjectClosed, facts=Facts, decide=closed, when=is_pull),
)
