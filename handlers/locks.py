"""Say in the story of open runs that a conversation was locked: fewer people can answer."""

from collections.abc import Sequence

from bot.model.events import SubjectLocked
from bot.model.intents import Intent, TellRuns
from bot.reactions import NoFacts, Reaction


def locked(event: SubjectLocked, _facts: NoFacts) -> Sequence[Intent]:
    """Tell the open runs; they go on."""
    text = "The conversation was locked"
    return [TellRuns(repo_id=event.repo_id, subject=event.subject, text=text)]


REACTIONS = (Reaction(event=SubjectLocked, facts=NoFacts, decide=locked),)
