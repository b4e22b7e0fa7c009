"""The runtime `codex`: OpenAI's Codex, run without a person.

https://github.com/openai/codex/blob/main/docs/exec.md
"""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, ClassVar

from bot.agents import models, told
from bot.agents.base import Exit, Start, Turn, by_turn
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
    f'mcp_servers.greenroom={{url="{models.TOOLS}"}}',
    "project_doc_max_bytes=0",  # the brief has what the base branch says to agents
    "analytics.enabled=false",
    'web_search="disabled"',
    "check_for_update_on_startup=false",
)
# The box is its sandbox; what it asks of people it asks through the door.
_FLAGS = ("--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox")
_OFF = ("--disable", "plugins", "--disable", "goals")

_SHELL = re.compile(r"\S*sh -l?c '(.*)'", re.DOTALL)
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
            reader=Events,
            port=models.PORT,
            masks=MASKS,
        )

    def resumed(self, files: Sequence[str]) -> str | None:
        """Go on with the thread that was written to last; its file is named after it."""
        found = (_ROLLOUT.fullmatch(PurePosixPath(name).stem) for name in reversed(files))
        return next((match[1] for match in found if match), None)

    def ended(self, cause: Cause, status: int, turn: Turn | None = None) -> Exit:
        """Believe its status only where it has told of a completed turn."""
        return by_turn(cause, status, turn)


class Events:
    """What `--json` prints: an event a line."""

    def __init__(self) -> None:
        self._turn = Turn()

    def hear(self, line: bytes) -> Iterator[str]:
        """Yield what it says and does, and note how its turn ends."""
        match json.loads(line):
            case {"type": "turn.completed"}:
                self._turn = Turn(stop="end_turn")
            case {"type": "turn.failed", "error": {"message": str(words)}}:
                self._turn = Turn(trouble=words)
            case {"type": "error", "message": str(words)}:
                self._turn = Turn(trouble=words)
            case {"type": "item.started", "item": {"command": str(command)}}:
                yield _plain(command)
            case {"type": "item.completed", "item": {"text": str(words), "type": "agent_message"}}:
                yield words
            case {"type": "item.completed", "item": {"changes": list(changes)}}:
                yield from _changed(changes)
            case {"type": "item.completed", "item": {"tool": str(tool)}}:
                yield tool
            case {"type": str()}:
                pass
            case _:
                raise ValueError("it is no event")

    def turn(self) -> Turn:
        """Return how its last turn ended."""
        return self._turn


def _plain(command: str) -> str:
    """Return what a shell was given, of the whole command."""
    found = _SHELL.fullmatch(command)
    return found[1] if found else command


def _changed(changes: Sequence[Any]) -> Iterator[str]:
    for each in changes:
        match each:
            case {"kind": str(kind), "path": str(path)}:
                yield f"{kind} {path}"
            case _:
                pass
