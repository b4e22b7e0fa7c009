"""What the protocol's updates are in our words."""

import acp
import pytest
from acp.schema import (
    AgentMessageChunk,
    AgentPlanUpdate,
    AgentThoughtChunk,
    AvailableCommandsUpdate,
    ImageContentBlock,
    PlanEntry,
    ToolCallProgress,
    ToolCallStart,
    UsageUpdate,
)

from bot.agents.acp.updates import parse
from bot.agents.events import Entry, Message, Plan, Thought, ToolCall, ToolCallUpdate, Usage

IMAGE = ImageContentBlock(type="image", data="", mime_type="image/png")


@pytest.mark.parametrize(
    ("update", "event"),
    [
        (acp.update_agent_message_text("I lo"), Message(text="I lo", whole=False)),
        (
            AgentThoughtChunk(session_update="agent_thought_chunk", content=acp.text_block("Hm.")),
            Thought(text="Hm."),
        ),
        (
            ToolCallStart(session_update="tool_call", tool_call_id="c", title="ls"),
            ToolCall(id="c", title="ls"),
        ),
        (
            ToolCallProgress(session_update="tool_call_update", tool_call_id="c", status="failed"),
            ToolCallUpdate(id="c", status="failed"),
        ),
        (
            ToolCallProgress(session_update="tool_call_update", tool_call_id="c", title="ls -l"),
            ToolCallUpdate(id="c", status=None, title="ls -l"),
        ),
        (
            AgentPlanUpdate(
                session_update="plan",
                entries=[PlanEntry(content="Look", priority="high", status="in_progress")],
            ),
            Plan(entries=(Entry(content="Look", status="in_progress"),)),
        ),
        (
            UsageUpdate(session_update="usage_update", used=7, size=100),
            Usage(tokens=7),
        ),
    ],
)
def test_an_update_of_our_kinds_is_one_event(update, event):
    assert [*parse(update)] == [event]


@pytest.mark.parametrize(
    "update",
    [
        AvailableCommandsUpdate(session_update="available_commands_update", available_commands=[]),
        AgentMessageChunk(session_update="agent_message_chunk", content=IMAGE),
        None,
    ],
)
def test_of_other_kinds_nothing_is_told(update):
    assert [*parse(update)] == []
