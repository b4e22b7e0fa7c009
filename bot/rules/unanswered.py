"""What people are told whose words could not be dealt with, after all tries.

By then it may be unknown what configuration says, so only what would mean us anywhere counts.
"""

from bot.model.events import Event, SubjectLabeled, TextWritten
from bot.model.intents import Refuse
from bot.model.runs import Trigger
from bot.rules.grammar import Grammar
from bot.rules.reading import read

LABELS = "agent:"
"""How the labels begin that start agents, where configuration says nothing else."""


def unanswered(event: Event, words: str) -> Refuse | None:
    """Tell a person that what they asked for was given up; None when nobody asked us.

    `words` say why, and are harmless in Markdown.
    """
    match event:
        case TextWritten(where=trigger) if read(event, Grammar(mention=None)):
            pass
        case SubjectLabeled(label=label) if label.startswith(LABELS):
            trigger = Trigger(kind="label")
        case _:
            return None
    if event.sender.bot:
        return None
    return Refuse(
        installation=event.installation,
        repo_id=event.repo_id,
        subject=event.subject,
        person=event.sender,
        trigger=trigger,
        reason="given_up",
        words=f"This was tried several times and given up: {words}",
    )
