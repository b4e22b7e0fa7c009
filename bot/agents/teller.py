"""Telling people what an agent does, without ever holding up the agent itself."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from itertools import count

from bot.agents.events import Event, Turn
from bot.agents.lines import Lines

AT_ONCE = 30
"""Lines that are told as they come; of more, the newest of each `PAUSE`."""

PAUSE = 10.0
"""Seconds between two lines, once there were many."""

TELLS_WITHIN = 5.0
"""Seconds for the last lines to be told, once nothing more is heard."""

Tell = Callable[[str], Awaitable[None]]
"""Shows one line to people."""


class Teller:
    """Tells lines in order, and drops the older ones of too many."""

    def __init__(self, tell: Tell, pause: float = PAUSE) -> None:
        self._tell = tell
        self._pause = pause
        self._heard = Lines()
        self._lines: deque[str] = deque(maxlen=AT_ONCE)
        self._some = asyncio.Event()
        self._closing = asyncio.Event()

    def hear(self, event: Event) -> None:
        """Have people told of an event, if that is for them."""
        for line in self._heard.hear(event):
            self.say(line)

    def over(self, turn: Turn) -> None:
        """Have them told of the end of the last turn, and what went wrong."""
        for line in self._heard.over(turn):
            self.say(line)

    def say(self, line: str) -> None:
        """Have a line told when its time comes."""
        self._lines.append(line)
        self._some.set()

    def close(self) -> None:
        """Let `run` end once it has told what is left."""
        self._closing.set()
        self._some.set()

    async def run(self) -> None:
        """Tell lines until there are no more."""
        for told in count():
            await self._some.wait()
            if told >= AT_ONCE:
                await self._rest()
            if not self._lines:
                return
            await self._tell(self._lines.popleft())
            if not self._lines and not self._closing.is_set():
                self._some.clear()

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pause):
                await self._closing.wait()
        while len(self._lines) > 1:
            self._lines.popleft()


@asynccontextmanager
async def telling(teller: Teller) -> AsyncIterator[None]:
    """Tell lines beside what the block does, and a moment longer."""
    task = asyncio.create_task(teller.run())
    try:
        yield
    finally:
        teller.close()
        await asyncio.wait({task}, timeout=TELLS_WITHIN)
        task.cancel()
