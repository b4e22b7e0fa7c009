"""Whether a job may reach a host, and what it has reached, written down."""

from collections.abc import Collection
from dataclasses import dataclass

import structlog
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.clock import Clock
from bot.model.errors import Fenced, Refused
from bot.model.ids import RunId
from bot.rules.egress import NOBODYS_WILL, Destination, refusal
from bot.store import jobs, reached, validation_jobs
from bot.store.engine import Store

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """A run, or a validation that belongs to one or to none, on its way to a host."""

    run: RunId | None
    to: Destination


class Reaching:
    """Answers jobs that want to reach hosts: those of agents, and of validations."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def allowed(self, token: SecretStr, to: Destination) -> Going:
        """Return who goes there.

        Raises:
            Refused: `unknown_token`, or a reason of `rules/egress`.
            Fenced: the job is over.
        """
        async with self._store.read() as tx:
            run, hosts = await _hosts(tx, token)
            if not await _at_work(tx, [token]):
                raise Fenced("the job is over")
        going = Going(run=run, to=to)
        if why := refusal(to, hosts):
            await self.refused(going, why)
            raise why
        return going

    async def refused(self, going: Going, why: Refused) -> None:
        """Write down where a run wanted to go, and does not."""
        if why.reason not in NOBODYS_WILL:
            await self._count(going, allowed=False)
        log.info("host.refused", run=going.run, host=going.to.authority, reason=why.reason)

    async def reached(self, going: Going) -> None:
        """Write down that a run has reached a host."""
        await self._count(going, allowed=True)
        log.info("host.reached", run=going.run, host=going.to.authority)

    async def at_work(self, tokens: Collection[SecretStr]) -> frozenset[SecretStr]:
        """Return those of some run tokens whose jobs are not over."""
        async with self._store.read() as tx:
            return await _at_work(tx, tokens)

    async def _count(self, going: Going, *, allowed: bool) -> None:
        if going.run is None:
            return
        async with self._store.begin() as tx:
            await reached.count(tx, going.run, going.to, allowed=allowed, now=self._clock.now())


async def _hosts(tx: AsyncConnection, token: SecretStr) -> tuple[RunId | None, tuple[str, ...]]:
    """Return whose job a token is, and the hosts that it may reach.

    Raises:
        Refused: `unknown_token`.
    """
    if job := await jobs.by_run_token(tx, token):
        return job.run, job.plan.egress
    if row := await validation_jobs.by_token(tx, token):
        return row.run, row.definition.egress
    raise Refused("unknown_token", "This token opens nothing.")


async def _at_work(tx: AsyncConnection, tokens: Collection[SecretStr]) -> frozenset[SecretStr]:
    validating = await validation_jobs.at_work(tx, tokens)
    return validating | await reached.at_work(tx, tokens)
