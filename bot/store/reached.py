"""Which hosts the jobs of a run have reached, or wanted to, and which jobs may go on with it."""

from collections.abc import Collection, Mapping, Sequence

from pydantic import SecretStr
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import RunId
from bot.rules.egress import MOST_HOSTS, OTHERS, PORT, Destination, Reached
from bot.rules.lifecycle import Compute, Run
from bot.store.engine import insert_or_skip
from bot.store.jobs import digest
from bot.store.schema import jobs, reached, runs


async def count(
    tx: AsyncConnection, run: RunId, to: Destination, *, allowed: bool, now: float
) -> None:
    """Count a connection that was made, or refused; hosts beyond `MOST_HOSTS` as one."""
    row = {"run": run, "host": to.host, "port": to.port, "allowed": allowed}
    if await _again(tx, row):
        return
    known = select(func.count()).where(reached.c.run == run, reached.c.allowed == allowed)
    if (await tx.execute(known)).scalar_one() >= MOST_HOSTS:
        row |= {"host": OTHERS, "port": PORT}
    first = insert_or_skip(reached, tx.dialect).values(**row, times=0, at=now)
    await tx.execute(first)
    await _again(tx, row)


async def _again(tx: AsyncConnection, row: Mapping[str, object]) -> bool:
    """Count once more; False where there is no such row yet."""
    more = update(reached).where(*(reached.c[name] == value for name, value in row.items()))
    return (await tx.execute(more.values(times=reached.c.times + 1))).rowcount == 1


async def of(tx: AsyncConnection, run: RunId) -> Sequence[Reached]:
    """Return what a run has reached or wanted to, in the order of the first times."""
    columns = (reached.c.host, reached.c.port, reached.c.allowed, reached.c.times)
    query = select(*columns).where(reached.c.run == run).order_by(reached.c.at, reached.c.host)
    found = (await tx.execute(query)).mappings()
    return [Reached(**row) for row in found]


async def at_work(tx: AsyncConnection, tokens: Collection[SecretStr]) -> frozenset[SecretStr]:
    """Return those of some run tokens whose jobs are current, alive and not ended."""
    known = {digest(each): each for each in tokens}
    query = select(jobs.c.run_hash).join(runs, runs.c.id == jobs.c.run)
    query = query.where(jobs.c.run_hash.in_(known), jobs.c.ended_at.is_(None))
    query = query.where(jobs.c.fence == runs.c.fence, runs.c.state == Run.RUNNING)
    found = await tx.execute(query.where(runs.c.compute == Compute.LIVE))
    return frozenset(known[each] for each in found.scalars())
