"""Start a run when somebody puts on an agent's label, stop it when they take it off."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.events import SubjectLabeled, SubjectUnlabeled
from bot.model.intents import DropLabel, Intent, StopRuns
from bot.model.runs import Trigger
from bot.reactions import Reaction
from bot.rules.repoconfig import LABEL
from bot.rules.requests import Known, Request
from bot.rules.starting import by_label

LEFT_ON = frozenset({"bot", "named_bot", "unknown"})
"""Rules after whose no the label stays: another program's, and it might put it on for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Known):
    """What must be known before deciding; an old event may be overtaken."""

    still_holds: bool


def is_trigger(event: SubjectLabeled | SubjectUnlabeled) -> bool:
    """Tell our labels from everyone else's, before anything is fetched."""
    return event.label.startswith(LABEL)


def labeled(event: SubjectLabeled, facts: Facts) -> Sequence[Intent]:
    """Queue the agent that the label names, if the person may start it."""
    if facts.by_us or not facts.still_holds:
        return []
    request = Request(event=event, trigger=Trigger(kind="label"), known=facts)
    agent = by_label(facts.config, event.label)
    name = agent.spec.name if agent else event.label  # the name of no agent
    decision, record = request.decide(name)
    if agent is None or not decision.allowed:
        drop = DropLabel(installation=event.installation, subject=event.subject, label=event.label)
        left_on = decision.rule in LEFT_ON
        return [record, request.refuse(decision), *([] if left_on else [drop])]
    return [record] if request.is_open(name) else [record, request.start(agent)]


def unlabeled(event: SubjectUnlabeled, facts: Facts) -> Sequence[Intent]:
    """Stop the agent whose label was taken off."""
    request = Request(event=event, trigger=Trigger(kind="label"), known=facts)
    agent = by_label(facts.config, event.label)
    name = agent.spec.name if agent else event.label.removeprefix(LABEL)
    if facts.by_us or not facts.still_holds or not request.is_open(name):
        return []
    decision, record = request.decide("stop")
    if not decision.allowed:
        return [record, request.refuse(decision)]
    why = "The label was taken off."
    return [
        record,
        StopRuns(
            repo_id=event.repo_id, subject=event.subject, agent=name, why=why, unlabeled=True
        ),
    ]


REACTIONS = (
    Reaction(event=SubjectLabeled, facts=Facts, decide=labeled, when=is_trigger),
    Reaction(event=SubjectUnlabeled, facts=Facts, decide=unlabeled, when=is_trigger),
)
