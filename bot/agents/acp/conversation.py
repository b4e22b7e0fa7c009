"""One conversation with an agent over the Agent Client Protocol: one session, one prompt.

The agent is a program that nobody trusts.  It may be silent, talk for ever, send what is no
message, die in the middle, or put into its errors what must not be shown: each of these is a
`Turn` with words, and never an exception.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, TypeVar

import acp
from acp.core import ClientSideConnection
from acp.schema import (
    AllowedOutcome,
    ClientCapabilities,
    DeniedOutcome,
    Implementation,
    PermissionOption,
    RequestPermissionResponse,
    ToolCallUpdate,
)
from pydantic import ValidationError

from bot.agents.acp.lines import Lines, one_line
from bot.agents.acp.permissions import Allow, Ask, Deny, decide
from bot.agents.acp.teller import Tell, Teller
from bot.agents.acp.wire import Wire
from bot.agents.base import Talk, Turn

ANSWERS_WITHIN = 60.0
"""Seconds for the agent to say hello and to make a session; a slow one was seen to take 16."""

ASKED_WITHIN = 15 * 60.0
"""Seconds for the answer whether a question is taken: as long as a gateway may be away."""

TELLS_WITHIN = 5.0
"""Seconds for the last lines of progress to be told."""

_REFUSAL = 200  # characters of an agent's own error that are shown

Asking = Callable[[str, Sequence[str]], Awaitable[bool]]
"""Hands in a question with its choices; says whether it was taken."""

T = TypeVar("T")


class _Failed(Exception):
    """The conversation cannot go on, for the reason given."""


class Conversation:
    """The client's side, as the SDK calls it back, and the order of what is said.

    Args:
        wire: to the agent.
        talk: what to say.
        workspace: path of the working folder, as the agent sees it.
        tell: shows a line of progress.
        ask: hands in a question.
        answers_within: seconds for everything but the turn itself.
    """

    def __init__(  # noqa: PLR0913 - what a conversation needs, named by the caller
        self,
        wire: Wire,
        talk: Talk,
        *,
        workspace: str,
        tell: Tell,
        ask: Asking,
        answers_within: float = ANSWERS_WITHIN,
    ) -> None:
        self._wire = wire
        self._talk = talk
        self._workspace = workspace
        self._ask = ask
        self._answers_within = answers_within
        self._teller = Teller(tell)
        self._lines = Lines()
        self._session = ""
        self._cancelled = False
        self._tried = False
        self._asked = False
        self._connection: ClientSideConnection | None = None

    async def hold(self) -> Turn:
        """Say everything that is to be said, and return how it ended."""
        with _sdk_kept_quiet():
            async with _telling(self._teller):
                turn = await self._turn()
                for line in (*self._lines.rest(), turn.trouble):
                    if line:
                        self._teller.say(line)
        return turn

    async def cancel(self) -> None:
        """Ask the agent to end its turn, or let it not begin; what comes of it `hold` returns."""
        self._cancelled = True
        if self._connection is not None and self._session:
            with suppress(ConnectionError):
                await self._connection.cancel(session_id=self._session)

    async def _turn(self) -> Turn:
        self._connection = acp.connect_to_agent(self, self._wire)  # type: ignore[arg-type]
        try:
            stop = await self._prompted(self._connection)
        except _Failed as failed:
            return Turn(asked=self._asked, trouble=str(failed))
        finally:
            self._session = ""
            await self._connection.close()
        return Turn(stop=stop, asked=self._asked)

    async def _prompted(self, agent: ClientSideConnection) -> str:
        """Go through the protocol's steps; return why the agent ended its turn."""
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
        self._session = await self._opened(agent)
        if self._cancelled:
            return "cancelled"
        prompt = [acp.text_block(self._talk.prompt)]
        done = agent.prompt(session_id=self._session, prompt=prompt)  # type: ignore[arg-type]
        return str((await self._answer("session/prompt", done, None)).stop_reason)

    async def _opened(self, agent: ClientSideConnection) -> str:
        known, place = self._talk.session, self._workspace
        if known is None:
            new = agent.new_session(cwd=place, mcp_servers=[])
            made = await self._answer("session/new", new, self._answers_within)
            return str(made.session_id)
        old = agent.load_session(cwd=place, session_id=known, mcp_servers=[])
        await self._answer("session/load", old, self._answers_within)
        return known

    async def _answer(self, what: str, request: Coroutine[Any, Any, T], within: float | None) -> T:
        """Wait for an answer, for so many seconds or as long as the agent lives.

        Raises:
            _Failed: none came, or one that is no answer.
        """
        try:
            async with asyncio.timeout(within):
                return await request
        except acp.RequestError as refused:
            raise _Failed(f"The agent answered {what} with an error: {_said(refused)}") from None
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
        """Hear of the agent's work; what comes after its turn, or from elsewhere, is nothing."""
        if session_id == self._session:
            for line in self._lines.hear(update):
                self._teller.say(line)

    async def request_permission(
        self, session_id: str, tool_call: Any, options: Any, **_: Any
    ) -> RequestPermissionResponse:
        """Answer by the rule; a person's answer comes another day, so the turn is over then."""
        # the agent's `_meta` may put anything in the place of these
        answer: Allow | Deny | Ask = Deny(None)
        if session_id == self._session and _is_request(tool_call, options):
            answer = decide(tool_call, options, self._talk.allowed)
        if isinstance(answer, Ask):
            taken = not self._tried and await self._handed_in(answer)
            answer = Deny(None) if taken else answer.instead
        return RequestPermissionResponse(outcome=_outcome(answer))

    async def _handed_in(self, question: Ask) -> bool:
        """Ask a person, which is tried once in a conversation."""
        self._tried = True
        with suppress(TimeoutError):
            async with asyncio.timeout(ASKED_WITHIN):
                self._asked = await self._ask(question.text, question.choices)
        return self._asked


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


@asynccontextmanager
async def _telling(teller: Teller) -> AsyncIterator[None]:
    """Tell lines beside what the block does, and a moment longer."""
    task = asyncio.create_task(teller.run())
    try:
        yield
    finally:
        teller.close()
        _, late = await asyncio.wait({task}, timeout=TELLS_WITHIN)
        for each in late:
            each.cancel()


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
