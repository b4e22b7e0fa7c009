"""The runtime `gemini`: Google's Gemini CLI, run without a person.

https://github.com/google-gemini/gemini-cli/blob/main/docs/cli/headless.md
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from bot.agents import models, told
from bot.agents.base import Start, by_turn
from bot.agents.events import (
    Event,
    Finished,
    Message,
    Started,
    Status,
    ToolCall,
    ToolCallUpdate,
    Turn,
)
from bot.agents.fields import text, tool, used
from bot.agents.masks import MASKS
from bot.model.runs import JobPlan
from bot.rules.causes import Cause

SETTINGS = {
    "security": {"auth": {"selectedType": "gemini-api-key"}},
    "privacy": {"usageStatisticsEnabled": False},
    "telemetry": {"enabled": False},
    "mcpServers": {"greenroom": {"httpUrl": models.TOOLS, "trust": True}},
    "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False},
    # what a repository's `.env` says would be its variables, a proxy among them
    "advanced": {"ignoreLocalEnv": True},
}
"""https://github.com/google-gemini/gemini-cli/blob/main/docs/reference/configuration.md"""

# Without trust it reads nothing of the workspace's own settings; the box is its sandbox.
_FLAGS = ("--yolo", "--skip-trust", "--output-format", "stream-json")


class Gemini:
    """The driver of `gemini`."""

    session: ClassVar[tuple[str, ...]] = (
        ".gemini/tmp/*/chats/session-*.jsonl",
        ".gemini/projects.json",
    )

    def start(self, plan: JobPlan, session: str | None = None) -> Start:
        """Run it with the brief as its standard input."""
        model = ("--model", plan.agent.model) if plan.agent.model else ()
        resumed = ("--resume", session) if session else ()
        return Start(
            program=("gemini", *_FLAGS, *model, *resumed),
            environment={**told.environment(plan), **models.FOR_ALL},
            files=told.files(plan),
            home={".gemini/settings.json": json.dumps(SETTINGS)},
            stdin="brief.md",
            parse=parse,
            port=models.PORT,
            # it would read this as orders, and no setting keeps it from that; the brief has
            # what the base branch says to agents
            masks=(*MASKS, "GEMINI.md"),
            reserves=True,
        )

    def resumed(self, files: Sequence[str]) -> str | None:
        """Go on with the session that was written to last."""
        return "latest" if any("/chats/" in name for name in files) else None

    def outcome(self, cause: Cause, status: int, turn: Turn | None = None) -> Finished:
        """Believe its status only where it has told of a result: a signal ends it with 0 too."""
        # it ends with the eight low bits of an HTTP status, which no signal is meant by
        failed = turn is not None and bool(turn.trouble)
        return by_turn(cause, 1 if failed else status, turn)


def parse(line: bytes) -> Iterator[Event]:
    """Read a line of what `stream-json` prints: an event."""
    match json.loads(line):
        case {"type": "init", "session_id": str(session)}:
            yield Started(session=session)
        case {"type": "message", "role": "assistant", "content": str(words)} as said:
            yield Message(text=words, whole=said.get("delta") is not True)
        case {"type": "tool_use", "tool_name": str(name), "parameters": dict(given)} as call:
            yield ToolCall(id=text(call, "tool_id"), title=_shown(tool(name), given))
        case {"type": "tool_result"} as result:
            status: Status = "failed" if result.get("status") == "error" else "completed"
            yield ToolCallUpdate(id=text(result, "tool_id"), status=status)
        case {"type": "result"} as result:
            yield from used(result.get("stats"), "total_tokens")
            yield from _end(result)
        case {"type": "error", "severity": "error", "message": str(words)}:
            yield Turn(trouble=words)
        case {"type": str()}:
            pass
        case _:
            raise ValueError("it is no event")


def _end(result: Mapping[str, Any]) -> Iterator[Turn]:
    match result:
        case {"status": "success"}:
            yield Turn(stop="end_turn")
        case {"error": {"message": str(words)}}:
            yield Turn(trouble=words)
        case _:
            pass


def _shown(name: str, given: Mapping[str, Any]) -> str:
    """Return a call of a tool as people are told of it: a command as it is."""
    for field in ("command", "description", "file_path", "path", "filePath", "pattern"):
        match given.get(field):
            case str(value):
                return value if field == "command" else f"{name} {value}"
            case _:
                pass
    return name
