"""What an agent tells of its work, as short lines for people.  Everything here is pure."""

from collections.abc import Iterator
from typing import Any

from acp.schema import (
    AgentMessageChunk,
    AgentPlanUpdate,
    TextContentBlock,
    ToolCallProgress,
    ToolCallStart,
)

from bot.agents.lines import WIDEST, one_line

_MOST_SPOKEN = 4 * WIDEST  # characters of a message that are looked at for its first line


class Lines:
    """Turns the updates of one session into lines, in order."""

    def __init__(self) -> None:
        self._spoken = ""
        self._last = ""
        self._titles: dict[str, str] = {}

    def hear(self, update: Any) -> Iterator[str]:
        """Yield the lines that an update makes; of other kinds than ours it makes none."""
        if isinstance(update, AgentMessageChunk):
            if isinstance(update.content, TextContentBlock):
                self._spoken = (self._spoken + update.content.text)[:_MOST_SPOKEN]
            return
        yield from self.rest()
        yield from self._new(self._of(update))

    def rest(self) -> Iterator[str]:
        """Yield the line of a message that nothing followed yet."""
        first, self._spoken = self._spoken.strip().partition("\n")[0], ""
        yield from self._new(first)

    def _of(self, update: Any) -> str:
        if isinstance(update, AgentPlanUpdate):
            now = (each.content for each in update.entries if each.status == "in_progress")
            return next(now, "")
        if isinstance(update, ToolCallStart):
            self._titles = {update.tool_call_id: update.title}  # one call at a time is followed
            return update.title
        if isinstance(update, ToolCallProgress) and update.status == "failed":
            title = update.title or self._titles.get(update.tool_call_id, "A step")
            return f"{title}: failed"
        return ""

    def _new(self, text: str) -> Iterator[str]:
        line = one_line(text)
        if line and line != self._last:
            self._last = line
            yield line
