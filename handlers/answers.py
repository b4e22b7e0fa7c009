"""Take what people write below an agent's question for the answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.events import TextWritten
from bot.model.facts import RunNow
from bot.model.intents import Intent
from bot.reactions import Reaction
from bot.rules.asking import answer, answered, may_answer, quotes_question
from bot.rules.grammar import Command
from bot.rules.requests import Known, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Known):
    """What must be known before a comment is taken for an answer.

    Attributes:
        commands: those in the text; a text with commands says what it means itself.
        asking: the open runs of the subject that have asked something, oldest first.
    """

    commands: Sequence[Command]
    asking: Sequence[RunNow]


def replied(event: TextWritten, facts: Facts) -> Sequence[Intent]:
    """Tell the run that asked, when whoever writes may answer it.

    Others are told no only when they quote the question: who talks below it talks to people.
    """
    run = None if facts.by_us or facts.commands else answered(event, facts.asking)
    if run is None:
        return []
    request = Request(event=event, trigger=event.where, known=facts).only(run)
    decision, record = request.decide("answer")
    if decision.allowed:
        return [record, request.tell(run, "answer", answer(event.text)), request.seen()]
    return [record, request.refuse(decision)] if quotes_question(event.text, run) else []


REACTIONS = (Reaction(event=TextWritten, facts=Facts, decide=replied, when=may_answer),)
