"""The runtime `opencode`, run without a person, with whichever provider serves its model.

https://opencode.ai/docs/config
"""

import json
import re
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
    Thought,
    ToolCall,
    ToolCallUpdate,
    Turn,
)
from bot.agents.fields import text, tool, used
from bot.agents.masks import MASKS
from bot.model.runs import JobPlan
from bot.rules.causes import Cause

_PROVIDERS: Sequence[tuple[re.Pattern[str], str, Mapping[str, str]]] = (
    (re.compile("claude-"), "anthropic", {"baseURL": f"{models.ANTHROPIC}/v1"}),
    (re.compile(r"gpt-|o\d|codex-"), "openai", {"baseURL": models.OPENAI}),
    (re.compile("gemini-"), "google", {"baseURL": f"{models.GEMINI}/v1beta"}),
    (re.compile(""), "compatible", {"baseURL": models.COMPATIBLE}),
)
"""How models' names begin, opencode's word for their provider, and where that is."""

_COMPATIBLE = "@ai-sdk/openai-compatible"  # a part of the program, not fetched

# it would wait 5 seconds alone for the list of tools
_SERVER = {"type": "remote", "url": models.TOOLS, "enabled": True, "timeout": 120_000}  # ms

_QUIET = {
    "OPENCODE_DISABLE_AUTOUPDATE": "1",
    "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
    "OPENCODE_DISABLE_MODELS_FETCH": "1",
    "OPENCODE_DISABLE_PROJECT_CONFIG": "1",
}


class Opencode:
    """The driver of `opencode run`."""

    session: ClassVar[tuple[str, ...]] = (".local/share/opencode/opencode.db*",)

    def start(self, plan: JobPlan, session: str | None = None) -> Start:
        """Run it with the brief as its standard input."""
        # with a title of ours it asks no model for one
        title = ("--title", f"{plan.agent.name} #{plan.subject}")
        resumed = ("--continue",) if session else title
        return Start(
            program=("opencode", "run", "--format", "json", *resumed),
            environment={**told.environment(plan), **models.FOR_ALL, **_QUIET},
            files=told.files(plan),
            home=_home(settings(plan.agent.model)),
            stdin="brief.md",
            parse=parse,
            port=models.PORT,
            masks=MASKS,
            reserves=True,
        )

    def resumed(self, files: Sequence[str]) -> str | None:
        """Go on with the session that was written to last: one database holds them all."""
        return "last" if any(name.endswith("/opencode.db") for name in files) else None

    def outcome(self, cause: Cause, status: int, turn: Turn | None = None) -> Finished:
        """Believe its status only where its last step was meant to be the last."""
        return by_turn(cause, status, turn)


def _home(settings: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what it finds in its home: with a plugin's library there, it fetches none."""
    there = {"packages": {"": {"dependencies": {"@opencode-ai/plugin": "*"}}}}
    files = {"opencode.json": settings, "package-lock.json": there, "node_modules/.keep": ""}
    return {f".config/opencode/{name}": json.dumps(held) for name, held in files.items()}


def settings(model: str) -> Mapping[str, Any]:
    """Return its settings for one model, which it may not know of."""
    name = model or models.DEFAULT
    provider, options = next((word, at) for begins, word, at in _PROVIDERS if begins.match(name))
    whole = {"options": {**options, "apiKey": models.KEY}, "models": {name: {"name": name}}}
    package = {"npm": _COMPATIBLE, "name": "Greenroom"} if provider == "compatible" else {}
    return {
        "model": f"{provider}/{name}",
        "small_model": f"{provider}/{name}",
        "enabled_providers": [provider],
        "provider": {provider: {**package, **whole}},
        "mcp": {"greenroom": _SERVER},
        "permission": {"*": "allow"},
        "share": "disabled",
        "autoupdate": False,
        "snapshot": False,
    }


def parse(line: bytes) -> Iterator[Event]:
    """Read a line of what `--format json` prints: an event; each step may be the last one."""
    match json.loads(line):
        case {"type": "step_start", "sessionID": str(session)}:
            yield Started(session=session)
        case {"type": "text", "part": {"text": str(words)}}:
            yield Message(text=words)
        case {"type": "reasoning", "part": {"text": str(words)}}:
            yield Thought(text=words)
        case {"type": "tool_use", "part": {"tool": str(name), "state": dict(state)} as part}:
            yield from _called(text(part, "callID"), tool(name), state)
        case {"type": "step_finish", "part": {"reason": str(reason)} as part}:
            yield from used(part.get("tokens"), "total")
            yield Turn(stop="end_turn" if reason == "stop" else reason)
        case {"type": "error", "error": {"data": {"message": str(words)}}}:
            yield Turn(trouble=words)
        case {"type": "error", "error": {"name": str(words)}}:
            yield Turn(trouble=words)
        case {"type": str()}:
            pass
        case _:
            raise ValueError("it is no event")


def _called(call: str, name: str, state: Mapping[str, Any]) -> Iterator[Event]:
    """Tell of a call, which is told of when it is over."""
    yield ToolCall(id=call, title=_shown(name, state))
    status: Status = "failed" if state.get("status") == "error" else "completed"
    yield ToolCallUpdate(id=call, status=status)


def _shown(name: str, state: Mapping[str, Any]) -> str:
    match state:
        case {"input": {"command": str(command)}}:
            return command
        case {"title": str(title)} | {"input": {"filePath": str(title)}}:
            return f"{name} {title}"
        case _:
            return name
