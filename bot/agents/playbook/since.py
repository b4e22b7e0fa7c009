"""What has come since the run's last job, as a task that the rules of `moves` understand.

What came last counts: an answer is an instruction, and a review with suggested changes asks
for these.  Red CI is something to do only where a tool of the repository can do it.  Work
that a person's push has overtaken is kept where it fits onto that, and a question where it
does not.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.agents.playbook.blocks import blocks
from bot.agents.playbook.moves import (
    FORMAT,
    LEAVE,
    THEIRS,
    Ask,
    Check,
    Keep,
    Leave,
    Move,
    moves,
)
from bot.agents.playbook.task import Message, Task, Text

APPLY_ALL = "Apply all suggested changes"
AGAIN = "Do it again on what was pushed"
HAND_IN = "Hand it in"
"""The words that keep the tree as it is, where a push has overtaken its changes."""

PEOPLE = frozenset({"answer", "steer", "review"})
"""Kinds of message that somebody wrote."""

DECIDES = PEOPLE | {"conflict", "continue", "plan"}
"""Kinds of message of which the last says what is to be done."""

NOTHING = "Nothing is left for me to do."

_CONFLICT = (
    "Somebody has pushed, and what I had made does not fit onto it any more: both sides changed "
    "the same lines. What now?"
)
_TIDIES = re.compile(
    r"\b(?:ruff|black|isort|eslint|biome|prettier|gofmt|clang-format|cargo fmt|rustfmt)\b"
    r"|\bwould reformat\b|\bwould be reformatted\b",
    re.IGNORECASE,
)
"""Words of the formatters and linters that can mend what they find."""

_HANDS_IN = re.compile(r"^hand it in\b(?P<anyway> although the tests fail\b)?", re.IGNORECASE)


def decide(task: Task) -> tuple[Task, tuple[Move, ...]]:
    """Return the task as it stands after what has come since, and what is to be done."""
    last = next((each for each in reversed(task.messages) if each.kind in DECIDES), None)
    if last is None and task.messages:
        return _without_words(task)
    if last is None or last.kind in {"continue", "plan"}:
        again = replace(task, messages=())
        return again, moves(again)
    if last.kind == "conflict":
        return task, (Ask(_CONFLICT, (THEIRS, AGAIN, LEAVE)),)
    said = [each for each in task.messages if each.kind in PEOPLE]
    if found := _HANDS_IN.search(said[-1].text):
        return replace(task, instruction=HAND_IN), (Keep(), Check(anyway=bool(found["anyway"])))
    now = _asked(task, said)
    return now, _onto(task.messages, moves(now))


def _asked(task: Task, said: Sequence[Message]) -> Task:
    """Make an instruction of what people say: their suggestions, else their last words."""
    reviewed = tuple(text for each in said if each.kind == "review" for text in each.texts)
    last = said[-1]
    if last.kind == "review" and any(blocks(text.body) for text in reviewed):
        return replace(task, instruction=APPLY_ALL, texts=reviewed)
    words = last.text or _first(last.texts)
    if words.strip().lower().startswith(AGAIN.lower()):
        return replace(task, messages=())
    return replace(task, instruction=words, texts=(*task.texts, *reviewed))


def _first(texts: Sequence[Text]) -> str:
    return next((text.body for text in texts), "")


def _without_words(task: Task) -> tuple[Task, tuple[Move, ...]]:
    """Decide by what CI, GitHub and git tell."""
    if any(each.kind == "ci" and _TIDIES.search(each.text) for each in task.messages):
        now = replace(task, instruction=FORMAT, texts=())
        return now, _onto(task.messages, moves(now))
    left = Leave(_helpless(task.messages))
    if any(each.kind == "push" for each in task.messages):
        return replace(task, instruction=HAND_IN), (Keep(otherwise=left.why), Check())
    return task, (left,)


def _onto(messages: Sequence[Message], todo: tuple[Move, ...]) -> tuple[Move, ...]:
    """Put what is to be done onto the work that a push has overtaken."""
    pushed = any(each.kind == "push" for each in messages)
    return (Keep(), *todo) if pushed and not isinstance(todo[0], Ask | Leave) else todo


def _helpless(messages: Sequence[Message]) -> str:
    kinds = {each.kind for each in messages}
    if "ci" in kinds:
        return "CI fails, and I know no tool that mends it. What it says is shown with its checks."
    if "refused" in kinds:
        return "GitHub refused what I made, and I know no other way."
    return NOTHING
