"""Which plain words of a person are the answer to an agent's question.

`/gr answer …` always is.  Beside it people simply write below the question: what quotes it
is an answer, and so is what stands there next, unless it calls somebody else.
"""

import re
from collections.abc import Sequence
from math import inf

from bot.model.events import TextWritten
from bot.model.facts import RunNow

SHORTEST_QUOTE = 8
"""Letters of a line that have to be repeated before it is taken for a quote of a question."""

SECOND_ANSWER = 60.0
"""Seconds for which one who answers cannot have seen that somebody else was quicker."""

_QUOTED = re.compile(r"^ {0,3}>[ \t>]*(.*)$", re.MULTILINE)
_CALLS = re.compile(r"@[A-Za-z0-9]")
_LETTERS = re.compile(r"\w", re.UNICODE)


def may_answer(event: TextWritten) -> bool:
    """Leave out, before anything is looked up, what cannot be an answer: only a new comment is."""
    new = event.before is None and event.where.kind == "issue_comment"
    return new and not event.sender.bot and event.writer.id == event.sender.id


def answered(event: TextWritten, asking: Sequence[RunNow]) -> RunNow | None:
    """Return the run whose question a comment answers: one that it quotes, else the newest.

    `asking` are the open runs of the subject, oldest first.
    """
    newest = [run for run in reversed(asking) if run.question is not None]
    quoted = (run for run in newest if quotes_question(event.text, run))
    follows = (run for run in newest if _follows(event, run))
    run = next(quoted, None) or next(follows, None)
    return run if answer(event.text) else None


def answer(text: str) -> str:
    """Return what somebody says of their own beside what they quote."""
    own = [line for line in text.splitlines() if not _QUOTED.match(line)]
    return "\n".join(own).strip()


def quotes_question(text: str, run: RunNow) -> bool:
    """Tell whether a text repeats a line of a run's question as a quote."""
    asked = _letters(run.question.text) if run.question else ""
    lines = (_letters(line) for line in _QUOTED.findall(text))
    return any(
        line in asked and (len(line) >= SHORTEST_QUOTE or line == asked) for line in lines if line
    )


def _follows(event: TextWritten, run: RunNow) -> bool:
    """Tell whether a comment stands below a question that is not answered yet.

    A moment longer, the run still takes what a second person has to say.
    """
    asked = run.question
    if asked is None or run.subject.number != event.subject.number:
        return False
    until = inf if asked.closed is None else asked.closed + SECOND_ANSWER
    in_time = int(asked.at) <= event.at <= until
    return in_time and not _CALLS.match(answer(event.text))


def _letters(text: str) -> str:
    """Keep what Markdown, line ends and our own marks do not change."""
    return "".join(_LETTERS.findall(text)).casefold()
