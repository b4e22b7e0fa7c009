"""Start the agents that configuration names for an event, and those that a closing stopped."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.model.events import SubjectOpened
from bot.model.facts import RunNow
from bot.model.intents import Intent
from bot.model.runs import Trigger
from bot.reactions import Reaction
from bot.rules.conditions import Moment, holds
from bot.rules.requests import Known, Request
from bot.rules.starting import by_event, by_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Known):
    """What must be known before an event starts anything.

    Attributes:
        moment: what a condition of the configuration may speak of.
    """

    moment: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFacts(Known):
    """What must be known before agents go on with something that was opened again.

    Attributes:
        is_open: whether it is open now: events overtake one another.
        past_runs: its finished runs, newest first.
    """

    is_open: bool
    past_runs: Sequence[RunNow]


def opened(event: SubjectOpened, facts: Facts) -> Sequence[Intent]:
    """Start every agent whose events and condition fit, if the person may start it.

    Nobody asked for it, so nobody is told of a refusal; it is written down.
    """
    if facts.by_us:
        return []
    # Nobody has looked at the head yet: what the event itself names is what may be worked on.
    known = replace(facts, seen_head=event.head)
    request = Request(event=event, trigger=Trigger(kind="event"), known=known)
    intents: list[Intent] = []
    started = 0
    for agent in by_event(facts.config, event.name):
        name = agent.spec.name
        if request.is_open(name) or (agent.on.when and not holds(agent.on.when, facts.moment)):
            continue
        decision, record = request.decide(name, started=started)
        intents += [record, request.start(agent)] if decision.allowed else [record]
        started += decision.allowed
    return intents


def is_reopening(event: SubjectOpened) -> bool:
    """Leave out, before anything is fetched, what is new, and what no person has done."""
    return event.name.endswith(".reopened") and not event.sender.bot


def reopened(event: SubjectOpened, facts: PastFacts) -> Sequence[Intent]:
    """Go on with every agent whose last run here ended because this was closed.

    It needs what starting the agent needs; nobody asked for it, so nobody is told of a refusal.
    """
    if not facts.is_open:
        return []
    known = replace(facts, seen_head=event.head)
    request = Request(event=event, trigger=Trigger(kind="event"), known=known)
    last = {run.agent: run for run in reversed(facts.past_runs)}
    intents: list[Intent] = []
    started = 0
    for name, run in last.items():
        agent = by_name(facts.config, name)
        if not run.closed or agent is None or request.is_open(name):
            continue
        decision, record = request.decide(name, started=started)
        intents += [record, request.again(agent, run)] if decision.allowed else [record]
        started += decision.allowed
    return intents


REACTIONS = (
    # To go on goes first: an agent has one open run in one place.
    Reaction(event=SubjectOpened, facts=PastFacts, decide=reopened, when=is_reopening),
    Reaction(event=SubjectOpened, facts=Facts, decide=opened),
)
