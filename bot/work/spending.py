"""What jobs spend on models: set aside before a request goes out, put right after it.

Each request is a row, and each limit a sum in a row of its own that is only ever raised where
it stays within its limit.  A job that dies leaves its last request at what was set aside.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.clock import Clock
from bot.model.errors import Fenced, Refused, Unavailable
from bot.model.models import Ask
from bot.model.money import Micros
from bot.rules import budget
from bot.rules.budget import Hold, Spender
from bot.rules.dialects.base import Tally
from bot.rules.prices import Catalogue, Known
from bot.store import asking, runs, spending
from bot.store.asking import Asking
from bot.store.engine import Store
from bot.store.spending import Caller, Outcome

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """A request for which money is set aside.

    Attributes:
        call: the number of its row.
        known: what is known of its model; None where nothing is.
    """

    call: int
    caller: Caller
    ask: Ask
    known: Known | None
    amount: Micros
    holds: Sequence[Hold]


class Spending:
    """Keeps the limits of jobs that ask models."""

    def __init__(self, store: Store, clock: Clock, catalogue: Catalogue) -> None:
        self._store = store
        self._clock = clock
        self._catalogue = catalogue
        # One at a time: they would wait for the same rows anyway, each with a connection that
        # other calls want.
        self._alone = asyncio.Lock()

    def chosen(self, ask: Ask) -> Ask:
        """Return a request as it may go out, with the name of its model and with a bound.

        Raises:
            Refused: `model`, it is not to be asked here.
        """
        return budget.chosen(ask, self._catalogue)

    async def reserve(self, token: SecretStr, ask: Ask) -> Reserved:
        """Set money aside for a request of a job at work.

        Raises:
            Refused: `unknown_token`; `turns`, `budget`, `model`: a limit is reached, or could
                not be kept.
            Fenced: the job is over.
        """
        now = self._clock.now()
        known = self._catalogue.known(ask.provider, ask.model)
        amount = budget.dearest(ask, known)
        async with self._alone, self._store.begin() as tx:
            job = await _at_work(tx, token)
            caller = _caller(job)
            await _one_more(tx, caller, job.terms.agent.turns, now)
            holds = budget.holds(await _spender(tx, job), self._catalogue, now)
            if known is None and holds and budget.sold_by_the_token(ask.provider):
                raise budget.unpriced(ask)
            holds = holds if known else ()
            for hold in holds:
                if not await spending.take(tx, hold, amount):
                    raise Refused("budget", hold.words)
            call = await spending.begin(tx, caller, ask, amount, now=now)
        return Reserved(call=call, caller=caller, ask=ask, known=known, amount=amount, holds=holds)

    async def settle(self, it: Reserved, tally: Tally, *, status: int, whole: bool) -> None:
        """Put right what an answered request has cost.

        `whole` says that the answer was heard to its end; else it may have cost more than it
        has told.
        """
        price: Micros | None = None
        if it.known and whole and tally.final:
            price = budget.cost(tally.usage, it.known)
        elif it.known:
            price = min(it.amount, budget.cut_off(tally.usage, it.ask, it.known))
        await self._end(it, Outcome(cost=price, usage=tally.usage, status=status))

    async def unanswered(
        self, it: Reserved, words: str, *, status: int | None, free: bool
    ) -> None:
        """Give back what was set aside for a request that a provider did not answer.

        Where nobody knows whether it was at work on one, all counts as spent.
        """
        cost = Micros(0) if free else it.amount
        await self._end(it, Outcome(cost=cost, status=status, refused=words))

    async def refused(self, token: SecretStr, provider: str, model: str, words: str) -> None:
        """Note why a request of a job does not go out, for the words at the job's end."""
        now = self._clock.now()
        async with self._alone, self._store.begin() as tx:
            job = await asking.by_token(tx, token)
            if job is None:
                return
            if job.newest:
                await spending.refuse(tx, _caller(job), provider, model, words, now=now)
        log.info("model.refused", run=job.run, provider=provider, model=model, words=words)

    async def _end(self, it: Reserved, outcome: Outcome) -> None:
        now = self._clock.now()
        try:
            async with self._alone, self._store.begin() as tx:
                if await spending.end(tx, it.call, outcome, now=now):
                    await spending.change(tx, it.holds, (outcome.cost or 0) - it.amount)
        except Unavailable as problem:
            # What was set aside stays so: that is never less than what it has cost.
            log.warning("model.unsettled", run=it.caller.run, call=it.call, problem=str(problem))


async def _at_work(tx: AsyncConnection, token: SecretStr) -> Asking:
    job = await asking.by_token(tx, token)
    if job is None:
        raise Refused("unknown_token", "This token opens nothing.")
    if not (job.newest and job.live):
        raise Fenced(f"job {job.job} is over")
    return job


async def _one_more(tx: AsyncConnection, caller: Caller, most: int, now: float) -> None:
    """See that a job may ask once more; its first request settles those of earlier jobs.

    Raises:
        Refused: `turns`, it may not.
    """
    turns = await spending.turns(tx, caller.run, caller.fence)
    if turns >= most:
        raise Refused("turns", f"It has made the {most} requests that one job may make.")
    if turns == 0:
        await spending.close(tx, caller.run, below=caller.fence, now=now)


async def _spender(tx: AsyncConnection, job: Asking) -> Spender:
    cost = job.terms.cost
    return Spender(
        run=await runs.first(tx, job.run, job.after),
        repo_id=job.repo_id,
        owner=job.repo.partition("/")[0].lower(),
        per_run=job.budget,
        per_day=cost.per_day,
        org_per_day=cost.org_per_day,
        prefix=job.terms.prefix,
    )


def _caller(job: Asking) -> Caller:
    return Caller(run=job.run, fence=job.fence, repo_id=job.repo_id)
