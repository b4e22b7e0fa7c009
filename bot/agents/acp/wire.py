"""The pipe to an agent: messages of JSON, one a line, from a program that nobody trusts.

What is no message is tolerated, since programs print; what is too much ends the
conversation with words.  Nothing that the agent sends is kept: the next line is read once
the answers to the last one were taken off our hands.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

LONGEST = 8 * 1024**2
"""Bytes of one message.  Agents send whole files in one, never more than one may review."""

MOST = 256 * 1024**2
"""Bytes of all messages of a conversation."""


class Wire:
    """A transport of the protocol's SDK over two pipes.

    Args:
        reader: made with a limit of `LONGEST` or less.
        noise: told of every line that is no message.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        noise: Callable[[bytes], None],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._noise = noise
        self._read = 0
        self.trouble = ""
        """Why nothing more is read, where the agent's end is not the reason."""

    async def send(self, message: dict[str, Any]) -> None:
        """Write a message; that the agent is gone shows when reading."""
        self._writer.write(json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n")

    async def receive(self) -> dict[str, Any] | None:
        """Return the next message; None at the end."""
        while True:
            with suppress(ConnectionError):
                await self._writer.drain()
            await asyncio.sleep(0)  # the last message has its turn before the next is read
            line = await self._line()
            if line is None:
                return None
            if (message := _message(line)) is not None:
                return message
            if line.strip():
                self._noise(line)

    async def close(self) -> None:
        """Leave the pipes to whoever opened them."""

    async def _line(self) -> bytes | None:
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as rest:
            self._noise(rest.partial)
            return None
        except asyncio.LimitOverrunError:
            self.trouble = f"It sent a line of more than {LONGEST // 1024**2} MB."
            return None
        self._read += len(line)
        if self._read > MOST:
            self.trouble = f"It sent more than {MOST // 1024**2} MB."
            return None
        return line


def _message(line: bytes) -> dict[str, Any] | None:
    """Read a message; None for what would make the SDK's own loop fail."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or not isinstance(said.get("id", 0), int | str | None):
        return None
    return said if isinstance(said.get("error", {}), dict | None) else None
