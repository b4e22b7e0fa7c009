"""Have runs go on with what a review of their pull request asks for, or end with its approval."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.model.events import ReviewGiven
from bot.model.facts import RunNow
from bot.model.intents import Intent, MeetReview
from bot.model.runs import Text, Trigger
from bot.reactions import Reaction
from bot.rules.requests import Known, Request, quotes
from bot.rules.waiting import REVIEW

APPROVED, CHANGES = "approved", "changes_requested"
"""The verdicts that do something; what only comments does nothing but by a command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Known):
    """What must be known before a review moves a run.

    Attributes:
        threads: what the review says beside lines.
    """

    threads: Sequence[Text]


def is_verdict(event: ReviewGiven) -> bool:
    """Leave reviews out that only comment."""
    return event.state in {APPROVED, CHANGES}


def reviewed(event: ReviewGiven, facts: Facts) -> Sequence[Intent]:
    """Take the verdict of somebody who may write; of others a review is talk.

    An approval counts for the head that was reviewed, and never when it is the app's own.
    """
    request = Request(event=event, trigger=Trigger(kind="review", id=event.review), known=facts)
    if facts.by_us or event.sender.bot or not request.is_writer:
        return []
    concerned = [run for run in facts.open_runs if _concerns(event, run)]
    if event.state == APPROVED:
        return [
            MeetReview(run=run.id, head=event.head, by=event.sender)
            for run in concerned
            if run.head == event.head
        ]
    texts = [replace(text, trusted=not quotes(text.body)) for text in facts.threads]
    others = quotes(event.text)
    return [
        request.tell(run, "review", event.text, others=others, texts=texts) for run in concerned
    ]


def _concerns(event: ReviewGiven, run: RunNow) -> bool:
    """Tell whether a review is about what a run has made."""
    waits = any(wait.reason == REVIEW for wait in run.waits)
    return waits or run.pull == event.subject.number


REACTIONS = (Reaction(event=ReviewGiven, facts=Facts, decide=reviewed, when=is_verdict),)
