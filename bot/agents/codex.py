"""The runtime `codex`: OpenAI's Codex, run without a person.

https://github.com/openai/codex/blob/main/docs/exec.md
"""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, ClassVar

from bot.agents import models, told
from bot.agents.base import Start, by_turn
from bot.agents.events import (
    Entry,
    Event,
    Finished,
    Message,
    Plan,
    Started,
    Status,
    Thought,
    ToolCall,
    ToolCallUpdate,
    Turn,
)
from bot.agents.fields import text, used
from bot.agents.masks import MASKS
from bot.model.runs import JobPlan
from bot.rules.causes import Cause

# Its own provider, since the built-in one tries WebSockets first and ignores OPENAI_BASE_URL.
# The gateway tries again where that may help: here it would only multiply.
_PROVIDER = (
    f'{{name="Greenroom",base_url="{models.OPENAI}",env_key="OPENAI_API_KEY",'
    'wire_api="responses",request_max_retries=1,stream_max_retries=1}'
)
_SETTINGS = (
    'model_provider="greenroom"',
    f"model_providers.greenroom={_PROVIDER}",
    # required, or it asks its model before it knows of the tools
    f'mcp_servers.greenroom={{url="{models.TOOLS}",required=true,startup_timeout_sec=120}}',
    "project_doc_max_bytes=0",  # the brief has what the base branch says to agents
    "analytics.enabled=false",
    'web_search="disabled"',
    "check_for_update_on_startup=false",
)
# The box is its sandbox; what it asks of people it asks through the door.
_FLAGS = ("--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox")
# The snapshot is of what a user's own shell sets up; a box has none, and it costs 60 ms.
_OFF = ("--disable", "plugins", "--disable", "goals", "--disable", "shell_snapshot")

_SHELL = re.compile(r"\S*sh -l?c (.{1,10000})", re.DOTALL)
_UNDONE = frozenset({"failed", "declined"})
_ROLLOUT = re.compile(r"rollout-.*-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.ASCII)


class Codex:
    """The driver of `codex exec`."""

    session: ClassVar[tuple[str, ...]] = (".codex/sessions/*/*/*/rollout-*.jsonl",)

    def start(self, plan: JobPlan, session: str | None = None) -> Start:
        """Run it with the brief as its standard input."""
        settings = (word for each in _SETTINGS for word in ("-c", each))
        model = ("-m", plan.agent.model) if plan.agent.model else ()
        flags = (*_FLAGS, *_OFF, *settings, *model)
        resumed = ("resume", session) if session else ()
        return Start(
            program=("codex", "exec", *flags, *resumed, "-"),
            environment={**told.environment(plan), **models.FOR_ALL},
            files=told.files(plan),
            stdin="brief.md",
            parse=parse,
            port=models.PORT,
            masks=MASKS,
        )

    def resumed(self, files: Sequence[str]) -> str | None:
        """Go on with the thread that was written to last; its file is named after it."""
        found = (_ROLLOUT.fullmatch(PurePosixPath(name).stem) for name in reversed(files))
        return next((match[1] for match in found if match), None)

    def outcome(self, cause: Cause, status: int, turn: Turn | None = None) -> Finished:
        """Believe its status only where it has told of a completed turn."""
        return by_turn(cause, status, turn)


def parse(line: bytes) -> Iterator[Event]:
    """Read a line of what `--json` prints: an event."""
    match json.loads(line):
        case {"type": "thread.started", "thread_id": str(session)}:
            yield Started(session=session)
        case {"type": "turn.completed"} as turn:
            yield from used(turn.get("usage"), "input_tokens", "output_tokens")
            yield Turn(stop="end_turn")
        case {"type": "turn.failed", "error": {"message": str(words)}}:
            yield Turn(trouble=words)
        case {"type": "error", "message": str(words)}:
            yield Turn(trouble=words)
        case {"type": "item.started", "item": dict(item)}:
            yield from _begun(item)
        case {"type": "item.updated", "item": {"items": list(entries)}}:
            yield _plan(entries)
        case {"type": "item.completed", "item": dict(item)}:
            yield from _done(item)
        case {"type": str()}:
            pass
        case _:
            raise ValueError("it is no event")


def _begun(item: Mapping[str, Any]) -> Iterator[Event]:
    match item:
        case {"command": str(command)}:
            yield ToolCall(id=text(item, "id"), title=_plain(command))
        case {"tool": str(name)}:
            ours = item.get("server") == "greenroom"
            yield ToolCall(id=text(item, "id"), title=f"greenroom {name}" if ours else name)
        case {"items": list(entries)}:
            yield _plan(entries)
        case _:
            pass


def _done(item: Mapping[str, Any]) -> Iterator[Event]:
    status: Status = "failed" if text(item, "status") in _UNDONE else "completed"
    match item:
        case {"type": "agent_message", "text": str(words)}:
            yield Message(text=words)
        case {"type": "reasoning", "text": str(words)}:
            yield Thought(text=words)
        case {"changes": list(changes)}:
            yield from _changed(text(item, "id"), changes, status)
        case {"command": str()} | {"tool": str()}:
            yield ToolCallUpdate(id=text(item, "id"), status=status)
        case _:
            pass


def _plain(command: str) -> str:
    """Return what a shell was given, of the whole command."""
    found = _SHELL.fullmatch(command)
    if found is None:
        return command
    try:
        words = shlex.split(found[1])
    except ValueError:
        return command
    return words[0] if len(words) == 1 else command


def _changed(call: str, changes: Sequence[Any], status: Status) -> Iterator[Event]:
    for each in changes:
        match each:
            case {"kind": str(kind), "path": str(path)}:
                title = f"{kind} {path}"
                yield ToolCall(id=call, title=title)
                yield ToolCallUpdate(id=call, status=status)
            case _:
                pass


def _plan(entries: Sequence[Any]) -> Plan:
    """Return its list of things to do; the first that is not done is the one it is at."""
    found = [each for each in entries if isinstance(each, dict)]
    left = [each for each in found if each.get("completed") is not True]
    return Plan(
        entries=tuple(
            Entry(content=text(each, "text"), status=_status(each, left)) for each in found
        )
    )


def _status(entry: Mapping[str, Any], left: Sequence[Mapping[str, Any]]) -> Status:
    if entry.get("completed") is True:
        return "completed"
    return "in_progress" if entry is left[0] else "pending"
