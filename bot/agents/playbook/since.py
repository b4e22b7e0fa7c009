"""What has come since the run's last job, as a task that the rules of `moves` understand.

What people say last counts: an answer is an instruction, and a review with suggested changes
asks for these.  Red CI is something to do only where a tool of the repository can do it.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.agents.playbook.blocks import blocks
from bot.agents.playbook.moves import FORMAT, Leave, Move, moves
from bot.agents.playbook.task import Message, Task, Text

APPLY_ALL = "Apply all suggested changes"

PEOPLE = frozenset({"answer", "steer", "review"})
"""Kinds of message that somebody wrote."""

_TIDIES = re.compile(
    r"\b(?:ruff|black|isort|eslint|biome|prettier|gofmt|clang-format|cargo fmt|rustfmt)\b"
    r"|\bwould reformat\b|\bwould be reformatted\b",
    re.IGNORECASE,
)
"""Words of the formatters and linters that can mend what they find."""


def decide(task: Task) -> tuple[Task, tuple[Move, ...]]:
    """Return the task as it stands after what has come since, and what is to be done."""
    said = [each for each in task.messages if each.kind in PEOPLE]
    if not task.messages:
        return task, moves(task)
    if said:
        now = _asked(task, said)
        return now, moves(now)
    if any(each.kind == "ci" and _TIDIES.search(each.text) for each in task.messages):
        now = replace(task, instruction=FORMAT, texts=())
        return now, moves(now)
    return task, (Leave(_helpless(task.messages)),)


def _asked(task: Task, said: Sequence[Message]) -> Task:
    """Make an instruction of what people say: their suggestions, else their last words."""
    reviewed = tuple(text for each in said if each.kind == "review" for text in each.texts)
    last = said[-1]
    if last.kind == "review" and any(blocks(text.body) for text in reviewed):
        return replace(task, instruction=APPLY_ALL, texts=reviewed)
    words = last.text or _first(last.texts)
    return replace(task, instruction=words, texts=(*task.texts, *reviewed))


def _first(texts: Sequence[Text]) -> str:
    return next((text.body for text in texts), "")


def _helpless(messages: Sequence[Message]) -> str:
    kinds = {each.kind for each in messages}
    if "ci" in kinds:
        return "CI fails, and I know no tool that mends it. What it says is shown with its checks."
    if "refused" in kinds:
        return "GitHub refused what I made, and I know no other way."
    return "Nothing is left for me to do."
