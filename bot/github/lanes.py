"""Waiting for one's turn at GitHub, one lane for each installation.

Installations have limits of their own, so one that is exhausted never holds up
another.  In a lane reads go side by side and writes one after another, the more
urgent first.  A wait longer than `PATIENCE` is not sat out here: the caller gets
`Unavailable` with the time, and its row in the outbox waits instead.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from bot.github.limits import Budget, Hold, Pace
from bot.model.clock import Clock
from bot.model.errors import Unavailable
from bot.model.ids import InstallationId
from bot.model.priorities import Priority

Sleep = Callable[[float], Awaitable[None]]

IN_FLIGHT = 10
"""Requests at once in one lane; GitHub allows 100, Octokit's tuned number is 10."""

PATIENCE = 30.0
"""Seconds: the longest wait for a limit inside one call."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, order=True)
class _Ticket:
    priority: Priority
    number: int
    pace: Pace


class Lane:
    """The requests of one installation, or of the app itself when `installation` is None."""

    def __init__(self, installation: InstallationId | None, clock: Clock, sleep: Sleep) -> None:
        self._installation = installation
        self._clock = clock
        self._sleep = sleep
        self._budget = Budget()
        self._hold = Hold()
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._waiting: set[_Ticket] = set()
        self._writing = False
        self._issued = 0
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def turn(self, pace: Pace, priority: Priority) -> AsyncIterator[None]:
        """Hold a place for one request.

        Raises:
            Unavailable: a limit asks for more patience than this has; nothing was sent.
        """
        if not pace.serial:
            await self._allowance(pace)
            async with self._slots:
                yield
            return
        await self._queue(pace, priority)
        try:
            async with self._slots:
                yield
        finally:
            self._writing = False
            self._wake()

    def answered(self, headers: Mapping[str, str]) -> None:
        """Learn from an answer that was no refusal."""
        self._hold.answered(self._clock.now(), headers)

    def refused(self, headers: Mapping[str, str]) -> float:
        """Learn from a refusal for a limit, and return the seconds until going on."""
        seconds = self._hold.refused(self._clock.now(), headers)
        log.warning("github.limited", installation=self._installation, seconds=round(seconds))
        return seconds

    async def _allowance(self, pace: Pace) -> None:
        while (delay := self._delay(pace)) > 0:
            await self._wait(delay)
        self._budget.take(self._clock.now(), pace)

    async def _queue(self, pace: Pace, priority: Priority) -> None:
        self._issued += 1
        ticket = _Ticket(priority, self._issued, pace)
        self._waiting.add(ticket)
        try:
            while True:
                if (delay := self._delay(pace)) > 0:
                    await self._wait(delay)
                elif self._writing or self._first() != ticket:
                    await self._changed.wait()
                else:
                    break
            self._writing = True
            self._budget.take(self._clock.now(), pace)
        finally:
            self._waiting.remove(ticket)
            self._wake()

    def _first(self) -> _Ticket | None:
        """The most urgent of those that may go now; others need not wait for it."""
        return min((t for t in self._waiting if self._delay(t.pace) <= 0), default=None)

    def _delay(self, pace: Pace) -> float:
        now = self._clock.now()
        return max(self._hold.delay(now), self._budget.delay(now, pace))

    async def _wait(self, seconds: float) -> None:
        if seconds > PATIENCE:
            raise Unavailable("github", "the rate limit is reached", retry_after=seconds)
        await self._sleep(seconds)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class Lanes:
    """All lanes of this process, each made when it is first asked for."""

    def __init__(self, clock: Clock, sleep: Sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lanes: dict[InstallationId | None, Lane] = {}

    def of(self, installation: InstallationId | None) -> Lane:
        """Return the lane of an installation; None is the app itself."""
        if installation not in self._lanes:
            self._lanes[installation] = Lane(installation, self._clock, self._sleep)
        return self._lanes[installation]
