"""The runtime `claude`: Anthropic's Claude Code, run without a person.

https://code.claude.com/docs/en/headless
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, ClassVar

from bot.agents import models, told
from bot.agents.base import Exit, Start, Turn, by_turn
from bot.agents.masks import MASKS
from bot.model.runs import JobPlan
from bot.rules.causes import Cause

TOOLS = "Bash,Read,Edit,Write,Grep,Glob"
"""What it is given to work with; with all of its tools each request is twice as long."""

_SERVERS = json.dumps({"mcpServers": {"greenroom": {"type": "http", "url": models.TOOLS}}})
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
            reader=Events,
            port=models.PORT,
            masks=MASKS,
            reserves=True,
        )

    def resumed(self, files: Sequence[str]) -> str | None:
        """Go on with the session that was written to last; its file is named after it."""
        return PurePosixPath(files[-1]).stem if files else None

    def ended(self, cause: Cause, status: int, turn: Turn | None = None) -> Exit:
        """Believe its status only where it has told of a result that is no error."""
        return by_turn(cause, status, turn)


class Events:
    """What `stream-json` prints: an event a line."""

    def __init__(self) -> None:
        self._turn = Turn()

    def hear(self, line: bytes) -> Iterator[str]:
        """Yield what it says and does, and note how its turn ends."""
        match json.loads(line):
            case {"type": "assistant", "message": {"content": list(parts)}}:
                for part in parts:
                    yield from _part(part)
            case {"type": "result", "is_error": False}:
                self._turn = Turn(stop="end_turn")
            # its `subtype` may say `success` of an error
            case {"type": "result", **rest}:
                words = rest.get("result") or rest.get("subtype")
                self._turn = Turn(trouble=str(words))
            case {"type": str()}:
                pass
            case _:
                raise ValueError("it is no event")

    def turn(self) -> Turn:
        """Return how its last turn ended."""
        return self._turn


def _part(part: Any) -> Iterator[str]:
    match part:
        case {"type": "text", "text": str(words)}:
            yield words
        case {"type": "tool_use", "name": str(tool), "input": dict(given)}:
            yield _shown(tool, given)
        case _:
            pass


def _shown(tool: str, given: Mapping[str, Any]) -> str:
    match given:
        case {"command": str(command)}:
            return command
        case {"file_path": str(path)} | {"path": str(path)}:
            return f"{tool} {path}"
        case _:
            return tool
