"""The agent's side of the Agent Client Protocol, on the SDK."""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import acp
from acp.schema import (
    AgentCapabilities,
    AllowedOutcome,
    Implementation,
    InitializeResponse,
    LoadSessionResponse,
    NewSessionResponse,
    PermissionOption,
    PromptResponse,
    ToolCallUpdate,
)

from bot.agents.playbook.moves import LEAVE
from bot.agents.playbook.session import Session
from bot.agents.playbook.task import Task
from bot.agents.playbook.turns import decide
from bot.agents.playbook.work import CallKind, Door, Work
from bot.agents.programs import Programs, Stopped

_YES, _NO = "yes", "no"


class Playbook:
    """The agent, as the SDK calls it.

    Args:
        task: reads what is to be done, when it is to be done.
        home: where sessions are kept.
        door: where outputs are asked for.
        base: the commit that changes are compared with; empty where nobody says.
    """

    def __init__(self, task: Callable[[], Task], home: Path, door: Door, base: str = "") -> None:
        self._task = task
        self._home = home
        self._door = door
        self._base = base
        self._client: acp.Client | None = None
        self._session: Session | None = None
        self._programs: Programs | None = None
        self.refused = False
        """Whether what it led to was not accepted."""

    def on_connect(self, conn: acp.Client) -> None:
        """Take the client's side of the connection."""
        self._client = conn

    async def initialize(self, protocol_version: int, **_: Any) -> InitializeResponse:
        """Say hello."""
        return InitializeResponse(
            protocol_version=min(protocol_version, acp.PROTOCOL_VERSION),
            agent_capabilities=AgentCapabilities(load_session=True),
            agent_info=Implementation(name="playbook", version="1"),
        )

    async def new_session(self, cwd: str, **_: Any) -> NewSessionResponse:
        """Begin a session in a folder."""
        self._open(uuid.uuid4().hex, cwd)
        assert self._session is not None
        self._session.make()
        return NewSessionResponse(session_id=self._session.name)

    async def load_session(self, cwd: str, session_id: str, **_: Any) -> LoadSessionResponse:
        """Go on with a session, having told what was said in it."""
        self._open(session_id, cwd)
        assert self._session is not None
        if not self._session.exists():
            raise acp.RequestError.resource_not_found(session_id)
        for who, text in self._session.told():
            said = acp.update_user_message_text if who == "user" else acp.update_agent_message_text
            await self._update(said(text))
        return LoadSessionResponse()

    async def prompt(self, session_id: str, prompt: Sequence[Any], **_: Any) -> PromptResponse:
        """Do the task as it is now; a question ends the turn, its answer comes in another."""
        if self._session is None or self._programs is None or session_id != self._session.name:
            raise acp.RequestError.resource_not_found(session_id)
        self._session.keep("user", "".join(getattr(block, "text", "") for block in prompt))
        todo = decide(self._task(), self._session.past(self._base), plans=self._door.plans)
        work = Work(todo, self._programs, self, self._door, self._base)
        try:
            self.refused = not await work.do()
        except Stopped:
            return PromptResponse(stop_reason="cancelled")
        for told in (*todo.made_good, todo.messages):
            self._session.did(work.came or "ended", self._base, told)
        return PromptResponse(stop_reason="end_turn")

    async def cancel(self, **_: Any) -> None:
        """Stop what runs."""
        self.stop()

    def stop(self) -> None:
        """End all programs that were started."""
        if self._programs is not None:
            self._programs.stop()

    async def plan(self, entries: Sequence[str], done: int) -> None:
        """Show the plan."""
        states = ["completed"] * done + ["in_progress"] + ["pending"] * len(entries)
        shown = zip(entries, states, strict=False)
        await self._update(
            acp.update_plan([acp.plan_entry(text, status=state) for text, state in shown])  # type: ignore[arg-type]
        )

    async def begin(self, title: str, kind: CallKind) -> str:
        """Say that something begins; return its id."""
        call = uuid.uuid4().hex
        await self._keep(title)
        await self._update(acp.start_tool_call(call, title, kind=kind, status="in_progress"))
        return call

    async def end(self, call: str, *, well: bool) -> None:
        """Say that it is over."""
        await self._update(acp.update_tool_call(call, status="completed" if well else "failed"))

    async def may(self, title: str, kind: CallKind) -> bool:
        """Ask whether something may be done."""
        call = ToolCallUpdate(tool_call_id=uuid.uuid4().hex, title=title, kind=kind)
        yes = PermissionOption(option_id=_YES, name="Allow", kind="allow_once")
        no = PermissionOption(option_id=_NO, name="Do not allow", kind="reject_once")
        return await self._permission(call, [yes, no]) == _YES

    async def ask(self, text: str, choices: Sequence[str]) -> bool:
        """Ask a person, who will answer another day; False when nobody can be asked."""
        await self.say(text)
        call = ToolCallUpdate(
            tool_call_id=uuid.uuid4().hex,
            title="A question",
            kind="other",
            content=[acp.tool_content(acp.text_block(text))],
        )
        options = [
            PermissionOption(option_id=str(number), name=choice, kind="allow_once")
            for number, choice in enumerate(choices)
            if choice != LEAVE
        ]
        # what is chosen for a person who cannot be asked
        leave = PermissionOption(option_id=_NO, name=LEAVE, kind="reject_once")
        return await self._permission(call, [*options, leave]) != _NO

    async def say(self, text: str) -> None:
        """Say something, for the record."""
        await self._keep(text)
        await self._update(acp.update_agent_message_text(text))

    def _open(self, name: str, cwd: str) -> None:
        try:
            self._session = Session(self._home, name)
        except ValueError:
            raise acp.RequestError.resource_not_found(name) from None
        self._programs = Programs(Path(cwd))

    async def _keep(self, text: str) -> None:
        assert self._session is not None
        await asyncio.to_thread(self._session.keep, "agent", text)

    async def _permission(self, call: ToolCallUpdate, options: list[PermissionOption]) -> str:
        """Return the chosen option's id; empty when the turn is to end with this."""
        assert self._client is not None
        assert self._session is not None
        answer = await self._client.request_permission(
            session_id=self._session.name, tool_call=call, options=options
        )
        outcome = answer.outcome
        return outcome.option_id if isinstance(outcome, AllowedOutcome) else ""

    async def _update(self, update: Any) -> None:
        assert self._client is not None
        assert self._session is not None
        await self._client.session_update(session_id=self._session.name, update=update)
