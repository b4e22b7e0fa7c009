"""What every loop of a worker is given."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.github.client import GitHub
from bot.model.clock import Clock
from bot.store.engine import Store
from bot.store.leases import Lease

LEASE = 60.0
"""Seconds for which a worker has a row to itself; who outlives it is fenced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The store, GitHub, the clock, and who this worker is.

    Attributes:
        worker: names this process in leases.
        token: makes an unguessable text.
    """

    store: Store
    github: GitHub
    clock: Clock
    worker: str
    token: Callable[[], str]

    def now(self) -> float:
        """Return seconds since 1970-01-01 UTC."""
        return self.clock.now()

    def lease(self) -> Lease:
        """Make a lease that begins now."""
        now = self.now()
        return Lease(worker=self.worker, now=now, until=now + LEASE)
