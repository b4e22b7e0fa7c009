"""One conversation with an agent over the Agent Client Protocol: one session, turn after turn.

The agent is a program that nobody trusts.  It may be silent, talk for ever, send what is no
message, die in the middle, or put into its errors what must not be shown: each of these is a
`Turn` with words, and never an exception.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import acp
from acp.core import ClientSideConnection
from acp.schema import (
    AgentCapabilities,
    AllowedOutcome,
    ClientCapabilities,
    DeniedOutcome,
    HttpMcpServer,
    Implementation,
    PermissionOption,
    RequestPermissionResponse,
    ToolCallUpdate,
)
from pydantic import ValidationError

from bot.agents.acp.permissions import Allow, Ask, Deny, decide
from bot.agents.acp.updates import parse
from bot.agents.acp.wire import Wire
from bot.agents.base import Talk
from bot.agents.events import Started, Turn, Waiting
from bot.agents.lines import one_line
from bot.agents.teller import Tell, Teller, telling

ANSWERS_WITHIN = 60.0
"""Seconds for the agent to say hello and to make a session; a slow one was seen to take 16."""

ASKED_WITHIN = 15 * 60.0
"""Seconds for the answer whether a question is taken: as long as a gateway may be away."""

_REFUSAL = 200  # characters of an agent's own error that are shown

ANEW = "A new session begins."
"""Told to people where an old one cannot be gone on with, before the reason."""

NO_SESSIONS = "The agent does not load sessions."

More = Callable[[], Awaitable[str | None]]
"""Returns the next prompt when a turn is over; None when there is nothing more to say."""

Asking = Callable[[str, Sequence[str]], Awaitable[bool]]
"""Hands in a question with its choices; says whether it was taken."""

T = TypeVar("T")


class _Failed(Exception):
    """The conversation cannot go on, for the reason given."""


class _Refused(_Failed):
    """The agent has answered one request with an error."""


async def nothing_more() -> None:
    """Return the next prompt of a conversation that has only one."""


class Conversation:
    """The client's side, as the SDK calls it back, and the order of what is said.

    Args:
        wire: to the agent.
        talk: what to say.
        workspace: path of the working folder, as the agent sees it.
        tell: shows a line of progress.
        ask: hands in a question.
        more: asked at the end of each turn that went well what to say next.
        answers_within: seconds for everything but the turns themselves.
    """

    def __init__(  # noqa: PLR0913 - what a conversation needs, named by the caller
        self,
        wire: Wire,
        talk: Talk,
        *,
        workspace: str,
        tell: Tell,
        ask: Asking,
        more: More = nothing_more,
        answers_within: float = ANSWERS_WITHIN,
    ) -> None:
        self._wire = wire
        self._talk = talk
        self._workspace = workspace
        self._ask = ask
        self._more = more
        self._answers_within = answers_within
        self._teller = Teller(tell)
        self._session = ""
        self._servers: list[Any] = []
        self._at_work = False
        self._cancelled = asyncio.Event()
        self._tried = False
        self._asked = False
        self._connection: ClientSideConnection | None = None

    async def hold(self) -> Turn:
        """Say everything that is to be said, and return how it ended."""
        with _sdk_kept_quiet():
            async with telling(self._teller):
                turn = await self._last_turn()
                self._teller.over(turn)
        return turn

    async def cancel(self) -> None:
        """Ask the agent to end its turn, or let none begin; what comes of it `hold` returns."""
        self._cancelled.set()
        if self._connection is not None and self._session:
            with suppress(ConnectionError):
                await self._connection.cancel(session_id=self._session)

    async def _last_turn(self) -> Turn:
        self._connection = acp.connect_to_agent(self, self._wire)  # type: ignore[arg-type]
        try:
            self._session = await self._greeted(self._connection)
            self._teller.hear(Started(session=self._session))
            stop = await self._turns(self._connection)
        except _Failed as failed:
            return Turn(asked=self._asked, trouble=str(failed))
        finally:
            self._session = ""
            await self._connection.close()
        return Turn(stop=stop, asked=self._asked)

    async def _greeted(self, agent: ClientSideConnection) -> str:
        """Say hello, and return the session to talk in."""
        hello = await self._answer(
            "initialize",
            agent.initialize(
                protocol_version=acp.PROTOCOL_VERSION,
                client_capabilities=ClientCapabilities(),
                client_info=Implementation(name="greenroom", version="1"),
            ),
            self._answers_within,
        )
        if hello.protocol_version != acp.PROTOCOL_VERSION:
            raise _Failed(f"The agent speaks version {hello.protocol_version} of the protocol.")
        can = hello.agent_capabilities or AgentCapabilities()
        if can.mcp_capabilities is not None and can.mcp_capabilities.http:
            self._servers = _servers(self._talk)
        return await self._opened(agent, loads=bool(can.load_session))

    async def _turns(self, agent: ClientSideConnection) -> str:
        """Say one thing after another; return why the agent ended its last turn."""
        stop, words = "cancelled", self._talk.prompt
        while words and not self._cancelled.is_set():
            stop = await self._turn(agent, words)
            went_well = Turn(stop=stop, asked=self._asked).went_well
            words = await self._next() if went_well else ""
        return stop

    async def _next(self) -> str:
        """Return what to say next; empty when nothing is, or the agent is to end."""
        looking = asyncio.ensure_future(self._more())
        cancelled = asyncio.ensure_future(self._cancelled.wait())
        try:
            await asyncio.wait({looking, cancelled}, return_when=asyncio.FIRST_COMPLETED)
            return looking.result() or "" if looking.done() else ""
        finally:
            looking.cancel()
            cancelled.cancel()

    async def _turn(self, agent: ClientSideConnection, words: str) -> str:
        """Say one thing; return why the agent ended its turn."""
        self._tried = self._asked = False
        self._at_work = True
        try:
            prompt = [acp.text_block(words)]
            done = agent.prompt(session_id=self._session, prompt=prompt)  # type: ignore[arg-type]
            stop = str((await self._answer("session/prompt", done, None)).stop_reason)
        finally:
            self._at_work = False
        self._teller.hear(Turn(stop=stop, asked=self._asked))
        return stop

    async def _opened(self, agent: ClientSideConnection, *, loads: bool) -> str:
        known = self._talk.session
        if known is not None:
            trouble = await self._loaded(agent, known) if loads else NO_SESSIONS
            if not trouble:
                return known
            self._teller.say(one_line(f"{ANEW} {trouble}"))
        new = agent.new_session(cwd=self._workspace, mcp_servers=self._servers)
        made = await self._answer("session/new", new, self._answers_within)
        return str(made.session_id)

    async def _loaded(self, agent: ClientSideConnection, known: str) -> str:
        """Go on with a session; return why the agent does not, empty where it does."""
        old = agent.load_session(cwd=self._workspace, session_id=known, mcp_servers=self._servers)
        try:
            await self._answer("session/load", old, self._answers_within)
        except _Refused as refused:
            return str(refused)
        return ""

    async def _answer(self, what: str, request: Coroutine[Any, Any, T], within: float | None) -> T:
        """Wait for an answer, for so many seconds or as long as the agent lives.

        Raises:
            _Failed: none came, or one that is no answer.
        """
        try:
            async with asyncio.timeout(within):
                return await request
        except acp.RequestError as refused:
            raise _Refused(f"The agent answered {what} with an error: {_said(refused)}") from None
        except ValidationError:
            words = f"The agent answered {what} with something that is no answer."
            raise _Failed(words) from None
        except TimeoutError:
            words = f"The agent did not answer {what} within {within:.0f} seconds."
            raise _Failed(words) from None
        except ConnectionError:
            why = self._wire.trouble or "It broke the conversation off."
            raise _Failed(f"The agent did not answer {what}. {why}") from None

    async def session_update(self, session_id: str, update: Any, **_: Any) -> None:
        """Hear of the agent's work; what comes between turns, or from elsewhere, is nothing."""
        if self._at_work and session_id == self._session:
            for event in parse(update):
                self._teller.hear(event)

    async def request_permission(
        self, session_id: str, tool_call: Any, options: Any, **_: Any
    ) -> RequestPermissionResponse:
        """Answer by the rule; a person's answer comes another day, so the turn is over then."""
        # the agent's `_meta` may put anything in the place of these
        answer: Allow | Deny | Ask = Deny(None)
        if self._at_work and session_id == self._session and _is_request(tool_call, options):
            answer = decide(tool_call, options, self._talk.allowed)
        if isinstance(answer, Ask):
            taken = not self._tried and await self._handed_in(answer)
            answer = Deny(None) if taken else answer.instead
        return RequestPermissionResponse(outcome=_outcome(answer))

    async def _handed_in(self, question: Ask) -> bool:
        """Ask a person, which is tried once in a turn."""
        self._tried = True
        with suppress(TimeoutError):
            async with asyncio.timeout(ASKED_WITHIN):
                self._asked = await self._ask(question.text, question.choices)
        if self._asked:
            self._teller.hear(Waiting(question=question.text))
        return self._asked


def _servers(talk: Talk) -> list[Any]:
    """Return the servers of tools that an agent is told of which can reach them."""
    if talk.tools is None:
        return []
    return [HttpMcpServer(type="http", name="greenroom", url=talk.tools, headers=[])]


def _said(refused: acp.RequestError) -> str:
    """Return an agent's own words for what went wrong, as far as they may be shown."""
    details = refused.data.get("details") if isinstance(refused.data, dict) else None
    return one_line(f"{refused}: {details}" if details else str(refused), _REFUSAL)


def _is_request(call: Any, options: Any) -> bool:
    listed = isinstance(options, list) and all(isinstance(o, PermissionOption) for o in options)
    return listed and isinstance(call, ToolCallUpdate)


def _outcome(answer: Allow | Deny) -> AllowedOutcome | DeniedOutcome:
    if answer.option is None:
        return DeniedOutcome(outcome="cancelled")
    return AllowedOutcome(outcome="selected", option_id=answer.option)


@contextmanager
def _sdk_kept_quiet() -> Iterator[None]:
    """Drop what the SDK writes to the root logger: the agent's own words, without a bound."""
    root = logging.getLogger()
    root.addFilter(_nothing)
    try:
        yield
    finally:
        root.removeFilter(_nothing)


def _nothing(_: logging.LogRecord) -> bool:
    return False
