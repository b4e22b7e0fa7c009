"""Do what the buttons of our check runs say, and look at what other checks report."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.events import ButtonPressed, ChecksReported, SubjectEvent
from bot.model.facts import RunNow
from bot.model.intents import Intent, LookAtChecks, Reply, StopRuns
from bot.model.runs import Trigger
from bot.reactions import NoFacts, Reaction
from bot.rules.buttons import APPROVE, RERUN, RETRY, STOP
from bot.rules.requests import Known, Request
from bot.rules.starting import by_name
from bot.rules.waiting import START
from bot.rules.wording import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Known):
    """What must be known before a button works.

    Attributes:
        ours: whether the check run is one of this app.
        run: the run that it shows; None when there is none.
        is_open: whether the issue or pull request is open.
    """

    ours: bool
    run: RunNow | None
    is_open: bool


def pressed(event: ButtonPressed, facts: Facts) -> Sequence[Intent]:
    """Do what the button says, if the person who pressed it may."""
    run = facts.run
    if facts.by_us or not facts.ours or run is None:
        return []
    request = _request(event, run, facts)
    act = run.agent if event.button in {RETRY, RERUN} else event.button
    decision, record = request.decide(act)
    if not decision.allowed:
        return [record, request.refuse(decision)]
    if event.button in {RETRY, RERUN}:
        return [record, *_again(request, run)]
    if event.button == STOP and run.is_open:
        why = f"{plain(event.sender.login)} stopped it."
        return [
            record,
            StopRuns(repo_id=event.repo_id, subject=run.subject, agent=run.agent, why=why),
        ]
    if event.button == APPROVE:
        return [record, *_approved(request, event, run)]
    return [record]


def _request(event: ButtonPressed, run: RunNow, facts: Facts) -> Request:
    subject = SubjectEvent(
        installation=event.installation,
        sender=event.sender,
        at=event.at,
        repo=event.repo,
        repo_id=event.repo_id,
        subject=run.subject,
        title=run.title,
        body=run.body,
        author=run.author,
        open=facts.is_open,
    )
    return Request(event=subject, trigger=Trigger(kind="button"), known=facts)


def _again(request: Request, run: RunNow) -> Sequence[Intent]:
    agent = by_name(request.known.config, run.agent)
    if agent is None or request.is_open(run.agent):
        return []
    if words := request.used_up(run):
        return [_answer(request, words)]
    return [request.again(agent, run)]


def _answer(request: Request, words: str) -> Reply:
    """Answer whoever pressed a button, in the one comment that they get on a subject."""
    event = request.event
    return Reply(
        installation=event.installation,
        subject=event.subject,
        person=event.sender,
        trigger=request.trigger,
        text=words,
        folded=True,
    )


def _approved(request: Request, event: ButtonPressed, run: RunNow) -> Sequence[Intent]:
    """Say yes to what the run waits with, if the button stands on the check that shows it.

    That is the check of this round, and for a head the one on that head.
    """
    if event.run.partition(".")[2] != (str(run.round) if run.round else ""):
        return []
    shown = [wait for wait in run.waits if wait.reason != START or wait.about == event.head]
    return [intent for wait in shown for intent in request.yes(run, wait)]


def reported(event: ChecksReported, _facts: NoFacts) -> Sequence[Intent]:
    """Have the runs looked at that wait for CI on the commit."""
    return [LookAtChecks(repo_id=event.repo_id, sha=event.sha)]


REACTIONS = (
    Reaction(event=ButtonPressed, facts=Facts, decide=pressed),
    Reaction(event=ChecksReported, facts=NoFacts, decide=reported),
)
