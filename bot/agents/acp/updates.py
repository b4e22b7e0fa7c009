"""The protocol's session updates in our own words for them.  Everything here is pure."""

from collections.abc import Iterator
from typing import Any

from acp.schema import (
    AgentMessageChunk,
    AgentPlanUpdate,
    AgentThoughtChunk,
    TextContentBlock,
    ToolCallProgress,
    ToolCallStart,
    UsageUpdate,
)

from bot.agents.events import (
    Entry,
    Event,
    Message,
    Plan,
    Thought,
    ToolCall,
    ToolCallUpdate,
    Usage,
)


def parse(update: Any) -> Iterator[Event]:
    """Yield what an update tells, if it is of one of our kinds."""
    match update:
        case AgentMessageChunk(content=TextContentBlock(text=words)):
            yield Message(text=words, whole=False)
        case AgentThoughtChunk(content=TextContentBlock(text=words)):
            yield Thought(text=words)
        case ToolCallStart(tool_call_id=call, title=title):
            yield ToolCall(id=call, title=title)
        case ToolCallProgress(tool_call_id=call, status=status, title=title):
            yield ToolCallUpdate(id=call, status=status, title=title or "")
        case AgentPlanUpdate(entries=entries):
            listed = (Entry(content=each.content, status=each.status) for each in entries)
            yield Plan(entries=tuple(listed))
        case UsageUpdate(used=tokens):
            yield Usage(tokens=tokens)
        case _:
            pass
