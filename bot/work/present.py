"""What an event told, as GitHub shows it now: events overtake one another, and come again."""

from collections.abc import Sequence

from bot.github.client import AtRepository
from bot.github.errors import GONE, NOT_FOUND
from bot.model.errors import Refused
from bot.model.events import (
    ReviewGiven,
    SubjectClosed,
    SubjectEvent,
    SubjectLabeled,
    SubjectUnlabeled,
    TextWritten,
)
from bot.model.runs import Text
from bot.rules.thread import readable


async def holds(at: AtRepository, event: SubjectEvent) -> bool:
    """Tell whether a subject is still labeled, or closed, as an event told."""
    try:
        issue = await at.issues.get(event.subject.number)
    except Refused as problem:
        if problem.reason not in {NOT_FOUND, GONE}:
            raise
        return isinstance(event, SubjectClosed)  # what is gone is closed for good
    match event:
        case SubjectLabeled(label=label):
            return label in issue.labels and issue.state == "open"
        case SubjectUnlabeled(label=label):
            return label not in issue.labels
        case _:
            return issue.state == "closed"


async def text(at: AtRepository, event: TextWritten) -> str:
    """Read a text again; it is empty when it was deleted."""
    try:
        return await _text(at, event)
    except Refused as problem:
        if problem.reason not in {NOT_FOUND, GONE}:
            raise
        return ""


async def _text(at: AtRepository, event: TextWritten) -> str:
    number = event.subject.number
    match event.where.kind:
        case "issue_comment":
            return (await at.remarks.comment(event.where.id)).body
        case "review_comment":
            return (await at.remarks.review_comment(event.where.id)).body
        case "review":
            return (await at.remarks.review(number, event.where.id)).body
        case _:
            return (await at.issues.get(number)).body


async def beside(at: AtRepository, event: ReviewGiven) -> Sequence[Text]:
    """Read what a review says beside lines; its comments are all by the reviewer."""
    return [
        Text(
            author=event.sender.login,
            trusted=False,
            body=readable(each.body),
            path=each.path,
            start_line=each.start_line,
            line=each.line,
            thread=each.thread,
        )
        for each in await at.remarks.review_comments(event.subject.number)
        if each.review == event.review
    ]
