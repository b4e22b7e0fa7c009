"""What people are answered beside the comments of runs, from values to Markdown.

The words given here are ours; what somebody else wrote in them was made harmless before.
"""

from collections.abc import Sequence
from typing import Any

from bot.model.ids import DeliveryGuid, Login, RunId, Sha, UserId
from bot.model.intents import Note
from bot.model.runs import Conclusion
from bot.rules.markdown import clip, cut, inline
from bot.rules.wording import MOST_CHARACTERS, MOST_SUMMARY, plain

MOST_REFUSALS = 5
"""Refusals that the one comment for a person shows, the newest."""

MOST_NOTES = 50
"""Mistakes that are shown on a commit; GitHub takes as many annotations at once.

https://docs.github.com/en/rest/checks/runs#create-a-check-run
"""

CONFIG_CHECK = "greenroom / config"
"""The name of the check run that tells of mistakes in configuration."""


def thread_marker(run: RunId, thread: int, head: Sha) -> str:
    """Return the hidden mark of an answer in the thread of a comment beside lines."""
    return f"<!-- greenroom thread {run} {thread} {head} -->"


def done_in(run: RunId, thread: int, head: Sha) -> str:
    """Write the answer in a thread that an agent was told of, once its changes are pushed."""
    return f"{thread_marker(run, thread, head)}\nTaken up in {head}."


def reply_marker(guid: DeliveryGuid, *, later: bool = False) -> str:
    """Return the hidden mark of the answer to a delivery.

    `later` is for a second one, that could only be given when something was done.
    """
    return f"<!-- greenroom reply {guid}{' later' if later else ''} -->"


def reply(person: Login, text: str, guid: DeliveryGuid, *, later: bool = False) -> str:
    """Write the answer to what somebody asked."""
    head = f"{reply_marker(guid, later=later)}\n{plain(person)}:\n\n"
    return cut(head + text, MOST_CHARACTERS)


def refusal_marker(person: UserId) -> str:
    """Return the hidden mark of the one comment that a person gets on a subject."""
    return f"<!-- greenroom refusal {person} -->"


def refusal(person: Login, user: UserId, words: Sequence[str], answer: str) -> str:
    """Write the one comment that tells a person what was not done, newest last, and answers."""
    refused = [f"- {text}" for text in words]
    parts = [f"{plain(person)}, this was not done:\n\n" + "\n".join(refused)] if words else []
    parts += [answer] if answer else []
    return cut("\n".join([refusal_marker(user), "\n\n".join(parts)]), MOST_CHARACTERS)


def config_check(notes: Sequence[Note]) -> dict[str, Any]:
    """Write the check run that tells of mistakes in the configuration of a commit."""
    count = len(notes)
    title = f"{count} mistake{'s' if count > 1 else ''}" if notes else "No mistakes"
    lines = [f"- {_place(each)}: {inline(each.words)}" for each in notes]
    after = "\n\nUntil this is mended, the last configuration without mistakes stays in force."
    summary = cut("\n".join(lines), MOST_SUMMARY - len(after)) + after if notes else title
    return {
        "name": CONFIG_CHECK,
        "external_id": "config",
        "title": title,
        "summary": summary,
        "started": None,
        "conclusion": Conclusion.FAILURE if notes else Conclusion.SUCCESS,
        "completed": None,
        "annotations": [_annotation(each) for each in notes[:MOST_NOTES]],
    }


def _place(note: Note) -> str:
    path = inline(note.path.replace("`", "'"))
    return f"`{path}` line {note.line}"


def _annotation(note: Note) -> dict[str, Any]:
    return {
        "path": note.path,
        "start_line": note.line,
        "end_line": note.line,
        "annotation_level": "failure",
        "message": clip(note.words, 1000),
    }
