"""Start the agents that configuration names for an event, such as `issues.opened`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.model.events import SubjectOpened
from bot.model.intents import Intent
from bot.model.runs import Trigger
from bot.reactions import Reaction
from bot.rules.conditions import Moment, holds
from bot.rules.requests import Known, Request
from bot.rules.starting import by_event


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Known):
    """What must be known before an event starts anything.

    Attributes:
        moment: what a condition of the configuration may speak of.
    """

    moment: Moment


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


REACTIONS = (Reaction(event=SubjectOpened, facts=Facts, decide=opened),)
