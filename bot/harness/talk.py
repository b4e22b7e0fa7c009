"""The harness's end of a conversation: the agent's pipes, and where its words go.

Imported beside a running agent: the protocol's SDK takes half a second to come up.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

from bot.agents.acp.conversation import Asking, Conversation, More
from bot.agents.acp.wire import LONGEST, Wire
from bot.agents.base import Talk
from bot.agents.events import Turn
from bot.agents.teller import Tell
from bot.harness.door import Heard
from bot.harness.gateway_client import Gateway
from bot.harness.log import BoundedLog
from bot.harness.program import Program
from bot.model.errors import Unavailable
from bot.model.inside import WORKSPACE

_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Talking:
    """A conversation that goes on.

    Attributes:
        turn: done when there is nothing more to say; the agent was told so.
        cancel: asks the agent to come to an end; safe at any time.
    """

    turn: asyncio.Task[Turn]
    cancel: Callable[[], Awaitable[None]]


@asynccontextmanager
async def talking(  # noqa: PLR0913 - what a conversation needs
    agent: Program, talk: Talk, *, tell: Tell, ask: Asking, more: More, log: BoundedLog
) -> AsyncIterator[Talking]:
    """Hold a conversation with the agent beside what the block does.

    What it prints beside it goes to the log.  After its last turn its output is read on and
    dropped, or it could not end.
    """
    stdin, stdout = agent.pipes
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LONGEST)
    incoming, _ = await loop.connect_read_pipe(lambda: _protocol(reader), stdout)
    outgoing, protocol = await loop.connect_write_pipe(_protocol, stdin)
    writer = asyncio.StreamWriter(outgoing, protocol, None, loop)
    wire = Wire(reader, writer, log.write)
    conversation = Conversation(wire, talk, workspace=WORKSPACE, tell=tell, ask=ask, more=more)
    turn = asyncio.create_task(_held(conversation, writer))
    rest = asyncio.create_task(_drop_the_rest(turn, reader))
    try:
        yield Talking(turn, conversation.cancel)
    finally:
        for task in (turn, rest):
            task.cancel()
        await asyncio.wait({turn, rest})
        incoming.close()
        if not outgoing.is_closing():
            outgoing.abort()


def asker(gateway: Gateway, heard: Heard) -> Asking:
    """Return what hands in an agent's question as an output."""

    async def ask(text: str, choices: Sequence[str]) -> bool:
        payload = {"kind": "question", "text": text, "choices": list(choices)}
        try:
            answer = await gateway.post("/outputs", payload)
        except Unavailable:
            return False
        heard("/outputs", payload, answer)
        return answer.status == HTTPStatus.OK and json.loads(answer.body)["accepted"] is True

    return ask


def _protocol(reader: asyncio.StreamReader | None = None) -> asyncio.StreamReaderProtocol:
    return asyncio.StreamReaderProtocol(reader or asyncio.StreamReader())


async def _held(conversation: Conversation, writer: asyncio.StreamWriter) -> Turn:
    """Hold the conversation, then close the agent's input: its cue to end."""
    try:
        return await conversation.hold()
    finally:
        writer.close()


async def _drop_the_rest(turn: asyncio.Task[Turn], reader: asyncio.StreamReader) -> None:
    await asyncio.wait({turn})
    while await reader.read(_CHUNK):
        pass
