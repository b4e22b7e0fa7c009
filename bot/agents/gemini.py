"""The runtime `gemini`: Google's Gemini CLI, run without a person.

https://github.com/google-gemini/gemini-cli/blob/main/docs/cli/headless.md
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from bot.agents import models, told
from bot.agents.base import Exit, Start, Turn, by_turn
from bot.agents.masks import MASKS
from bot.model.runs import JobPlan
from bot.rules.causes import Cause

SETTINGS = {
    "security": {"auth": {"selectedType": "gemini-api-key"}},
    "privacy": {"usageStatisticsEnabled": False},
    "telemetry": {"enabled": False},
    "mcpServers": {"greenroom": {"httpUrl": models.TOOLS, "trust": True}},
    "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False},
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
            reader=Events,
            port=models.PORT,
            # it would read this as orders, and no setting keeps it from that; the brief has
            # what the base branch says to agents
            masks=(*MASKS, "GEMINI.md"),
            reserves=True,
        )

    def resumed(self, files: Sequence[str]) -> str | None:
        """Go on with the session that was written to last."""
        return "latest" if any("/chats/" in name for name in files) else None

    def ended(self, cause: Cause, status: int, turn: Turn | None = None) -> Exit:
        """Believe its status only where it has told of a result: a signal ends it with 0 too."""
        # it ends with the eight low bits of an HTTP status, which no signal is meant by
        failed = turn is not None and bool(turn.trouble)
        return by_turn(cause, 1 if failed else status, turn)


class Events:
    """What `stream-json` prints: an event a line."""

    def __init__(self) -> None:
        self._turn = Turn()
        self._spoken = ""

    def hear(self, line: bytes) -> Iterator[str]:
        """Yield what it says and does, and note how its turn ends."""
        match json.loads(line):
            case {"type": "message", "role": "assistant", "content": str(words)}:
                self._spoken += words
            case {"type": str()} as event:
                yield self._spoken
                self._spoken = ""
                yield from self._done(event)
            case _:
                raise ValueError("it is no event")

    def turn(self) -> Turn:
        """Return how its last turn ended."""
        return self._turn

    def _done(self, event: Mapping[str, Any]) -> Iterator[str]:
        match event:
            case {"type": "result", "status": "success"}:
                self._turn = Turn(stop="end_turn")
            case {"type": "result", "error": {"message": str(words)}}:
                self._turn = Turn(trouble=words)
            case {"type": "error", "severity": "error", "message": str(words)}:
                self._turn = Turn(trouble=words)
            case {"type": "tool_use", "tool_name": str(name), "parameters": dict(given)}:
                yield _shown(name, given)
            case _:
                pass


def _shown(tool: str, given: Mapping[str, Any]) -> str:
    """Return a call of a tool as people are told of it: a command as it is."""
    for name in ("command", "description", "file_path", "path", "filePath", "pattern"):
        match given.get(name):
            case str(value):
                return value if name == "command" else f"{tool} {value}"
            case _:
                pass
    return tool
