"""The runtime `claude`: Anthropic's Claude Code, run without a person.

https://code.claude.com/docs/en/headless
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, ClassVar

from bot.agents import models, told
from bot.agents.base import Start, by_turn
from bot.agents.events import (
    Event,
    Finished,
    Message,
    Started,
    Status,
    Thought,
    ToolCall,
    ToolCallUpdate,
    Turn,
)
from bot.agents.fields import text, tool, used
from bot.agents.masks import MASKS
from bot.model.runs import JobPlan
from bot.rules.causes import Cause

TOOLS = "Bash,Read,Edit,Write,Grep,Glob"
"""What it is given to work with; with all of its tools each request is twice as long."""

_SERVERS = f'{{"mcpServers": {{"greenroom": {{"type": "http", "url": "{models.TOOLS}"}}}}}}'
_FLAGS = (
    *("--print", "--output-format", "stream-json", "--verbose"),
    *("--dangerously-skip-permissions", "--tools", TOOLS),
    # nothing of the repository's own settings, nor CLAUDE.md: the brief has the base branch's
    *("--setting-sources", "user", "--strict-mcp-config", "--mcp-config", _SERVERS),
)
# The gateway tries again where that may help: here it would only multiply.
_QUIET = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "CLAUDE_CODE_MAX_RETRIES": "1"}


class Claude:
    """The driver of `claude --print`."""

    session: ClassVar[tuple[str, ...]] = (".claude/projects/*/*.jsonl",)

    def start(self, plan: JobPlan, session: str | None = None) -> Start:
        """Run it with the brief as its standard input."""
        model = plan.agent.model
        helpers = {"ANTHROPIC_DEFAULT_HAIKU_MODEL": model} if model else {}
        return Start(
            program=(
                *("claude", *_FLAGS),
                *(("--model", model) if model else ()),
                *(("--resume", session) if session else ()),
            ),
            environment={**told.environment(plan), **models.FOR_ALL, **_QUIET, **helpers},
            files=told.files(plan),
            stdin="brief.md",
            parse=parse,
            port=models.PORT,
            masks=MASKS,
            reserves=True,
        )

    def resumed(self, files: Sequence[str]) -> str | None:
        """Go on with the session that was written to last; its file is named after it."""
        return PurePosixPath(files[-1]).stem if files else None

    def outcome(self, cause: Cause, status: int, turn: Turn | None = None) -> Finished:
        """Believe its status only where it has told of a result that is no error."""
        return by_turn(cause, status, turn)


def parse(line: bytes) -> Iterator[Event]:
    """Read a line of what `stream-json` prints: an event."""
    match json.loads(line):
        case {"type": "system", "subtype": "init", "session_id": str(session)}:
            yield Started(session=session)
        case {"type": "assistant", "message": {"content": list(parts)}}:
            for part in parts:
                yield from _said(part)
        case {"type": "user", "message": {"content": list(parts)}}:
            for part in parts:
                yield from _answered(part)
        case {"type": "result"} as result:
            yield from used(result.get("usage"), "input_tokens", "output_tokens")
            yield _end(result)
        case {"type": str()}:
            pass
        case _:
            raise ValueError("it is no event")


def _said(part: Any) -> Iterator[Event]:
    match part:
        case {"type": "text", "text": str(words)}:
            yield Message(text=words)
        case {"type": "thinking", "thinking": str(words)}:
            yield Thought(text=words)
        case {"type": "tool_use", "name": str(name), "input": dict(given)}:
            yield ToolCall(id=text(part, "id"), title=_shown(tool(name), given))
        case _:
            pass


def _answered(part: Any) -> Iterator[Event]:
    match part:
        case {"type": "tool_result"}:
            status: Status = "failed" if part.get("is_error") is True else "completed"
            yield ToolCallUpdate(id=text(part, "tool_use_id"), status=status)
        case _:
            pass


def _end(result: Mapping[str, Any]) -> Turn:
    if result.get("is_error") is False:
        return Turn(stop="end_turn")
    # its `subtype` may say `success` of an error
    return Turn(trouble=str(result.get("result") or result.get("subtype")))


def _shown(name: str, given: Mapping[str, Any]) -> str:
    match given:
        case {"command": str(command)}:
            return command
        case {"file_path": str(path)} | {"path": str(path)}:
            return f"{name} {path}"
        case _:
            return name
