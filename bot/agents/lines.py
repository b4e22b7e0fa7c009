"""What people see of an agent's work: its events as short lines.  Everything here is pure."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from bot.agents.events import Event, Message, Plan, ToolCall, ToolCallUpdate, Turn
from bot.rules.credentials import without_secrets

WIDEST = 200
"""Characters of a line, as the gateway takes it."""

_MOST_SPOKEN = 4 * WIDEST  # characters of a message that are looked at for its first line
_MOST_CALLS = 50  # calls of tools at a time whose titles are known
_MOST_ID = 200  # characters by which a call is told from others
_FAILED = ": failed"

_MESSAGE = re.compile(r'"message"\s*:\s*("(?:[^"\\]|\\.){1,2000}")')


class Lines:
    """Turns the events of one agent into lines, in order, and none twice in a row.

    Of what it says there is the first line, of what it does each call, and once more where
    that has failed, and of its plan the entry that it is at.  Thoughts and tokens are its own.
    """

    def __init__(self) -> None:
        self._spoken = ""
        self._last = ""
        self._titles: dict[str, str] = {}

    def hear(self, event: Event) -> Iterator[str]:
        """Yield the lines that an event makes; a message makes one when it is over."""
        if isinstance(event, Message):
            self._spoken = (self._spoken + event.text)[:_MOST_SPOKEN]
            if not event.whole:
                return
        yield from self._new(one_line(_first(self._spoken)))
        self._spoken = ""
        yield from self._new(self._of(event))

    def over(self, turn: Turn) -> Iterator[str]:
        """Yield what is left to be told when nothing more is heard: how the last turn ended."""
        yield from self.hear(turn)
        yield from self._new(turn.trouble)

    def _of(self, event: Event) -> str:
        match event:
            case ToolCall(id=call, title=title):
                return self._called(call, title)
            case ToolCallUpdate(id=call, status="failed", title=title):
                known = one_line(_first(title)) or self._titles.get(call[:_MOST_ID], "A step")
                return one_line(known, WIDEST - len(_FAILED)) + _FAILED
            case Plan(entries=entries):
                now = (each.content for each in entries if each.status == "in_progress")
                return one_line(_first(next(now, "")))
            case _:
                return ""

    def _called(self, call: str, title: str) -> str:
        line = one_line(_first(title))
        self._titles[call[:_MOST_ID]] = line
        if len(self._titles) > _MOST_CALLS:
            del self._titles[next(iter(self._titles))]
        return line

    def _new(self, line: str) -> Iterator[str]:
        if line and line != self._last:
            self._last = line
            yield line


def plain(turn: Turn) -> Turn:
    """Return the end of a turn with what went wrong as people may be told of it."""
    return replace(turn, trouble=one_line(said(turn.trouble)))


def said(trouble: str) -> str:
    """Return what an API said was wrong, out of the answer that an agent passes on whole."""
    found = _MESSAGE.search(trouble)
    try:
        return str(json.loads(found[1])) if found else trouble
    except ValueError:
        return trouble


def one_line(text: str, most: int = WIDEST) -> str:
    """Return text that an agent wrote as one harmless line; empty when nothing is left."""
    known = text[: 8 * most].encode("utf-8", "replace").decode("utf-8")
    inert = "".join(each if each.isprintable() else " " for each in known)
    line = " ".join(without_secrets(inert).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _first(text: str) -> str:
    return text.strip().partition("\n")[0]
