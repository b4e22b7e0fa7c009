"""What every loop of a worker is given."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.github.client import AtRepository, GitHub
from bot.model.clock import Clock
from bot.model.errors import Unavailable
from bot.store.engine import Store
from bot.store.leases import Lease
from bot.work.loop import Pool
from bot.workspace.remote import LOGIN

LEASE = 60.0
"""Seconds for which a worker has a row to itself; who outlives it is fenced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The store, GitHub, the clock, and who this worker is.

    Attributes:
        worker: names this process in leases.
        token: makes an unguessable text.
        pools: what the loops are handling.
    """

    store: Store
    github: GitHub
    clock: Clock
    worker: str
    token: Callable[[], str]
    pools: list[Pool] = field(default_factory=list)

    def now(self) -> float:
        """Return seconds since 1970-01-01 UTC."""
        return self.clock.now()

    def pool(self, most: int) -> Pool:
        """Make a pool for a loop's rows, which ends with the worker."""
        self.pools.append(Pool(most, self.store.changes.ring))
        return self.pools[-1]

    def lease(self) -> Lease:
        """Make a lease that begins now."""
        now = self.now()
        return Lease(worker=self.worker, now=now, until=now + LEASE)


@contextmanager
def renewing(at: AtRepository) -> Iterator[None]:
    """Forget a git token that the server did not take, so that the next try has a new one."""
    try:
        yield
    except Unavailable as problem:
        if problem.what == LOGIN:
            at.forget_git_tokens()
        raise
