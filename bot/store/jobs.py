"""Jobs: one for each fence of a run, claimed once, ended once."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import SecretStr, TypeAdapter
from sqlalchemy import RowMapping, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import Fence, JobName, RunId
from bot.model.runs import JobPlan
from bot.rules.endings import Ended
from bot.rules.lifecycle import Compute
from bot.store.schema import jobs, runs

PLAN = TypeAdapter(JobPlan)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """A job as it stood when it was read.

    Attributes:
        turn: how often its agent was told of something that had come while it worked.
    """

    name: JobName
    run: RunId
    fence: Fence
    plan: JobPlan
    turn: int
    claimed_at: float | None
    ended_at: float | None


def digest(token: SecretStr) -> str:
    """Return what is stored of a token: enough to know it again, useless to a thief."""
    return hashlib.sha256(token.get_secret_value().encode()).hexdigest()


def _row(row: RowMapping) -> JobRow:
    return JobRow(
        name=row["name"],
        run=row["run"],
        fence=row["fence"],
        plan=PLAN.validate_python(row["plan"]),
        turn=row["turn"],
        claimed_at=row["claimed_at"],
        ended_at=row["ended_at"],
    )


async def add(tx: AsyncConnection, plan: JobPlan, launch: SecretStr, *, now: float) -> None:
    """Write a job down before anything of it exists."""
    await tx.execute(
        jobs.insert().values(
            name=plan.job,
            run=plan.run,
            fence=plan.fence,
            plan=asdict(plan),
            launch_hash=digest(launch),
            created_at=now,
        )
    )


async def by_launch_token(tx: AsyncConnection, token: SecretStr) -> JobRow | None:
    """Find the job that a launch token was made for."""
    query = select(jobs).where(jobs.c.launch_hash == digest(token)).with_for_update()
    row = (await tx.execute(query)).mappings().first()
    return _row(row) if row else None


async def by_run_token(tx: AsyncConnection, token: SecretStr) -> JobRow | None:
    """Find the job that a run token was given to."""
    query = select(jobs).where(jobs.c.run_hash == digest(token))
    row = (await tx.execute(query)).mappings().first()
    return _row(row) if row else None


async def latest(tx: AsyncConnection, run: RunId) -> JobRow | None:
    """Read the newest job of a run, which alone can still exist."""
    query = select(jobs).where(jobs.c.run == run).order_by(jobs.c.fence.desc()).limit(1)
    row = (await tx.execute(query)).mappings().first()
    return _row(row) if row else None


async def claim(tx: AsyncConnection, job: JobName, run_token: SecretStr, *, now: float) -> bool:
    """Exchange the launch token; False for everybody but the first."""
    changed = await tx.execute(
        update(jobs)
        .where(jobs.c.name == job, jobs.c.claimed_at.is_(None))
        .values(claimed_at=now, heartbeat_at=now, run_hash=digest(run_token))
    )
    return changed.rowcount == 1


async def beat(tx: AsyncConnection, job: JobName, *, now: float) -> None:
    """Write down that a harness is alive."""
    await tx.execute(update(jobs).where(jobs.c.name == job).values(heartbeat_at=now))


async def tell(tx: AsyncConnection, job: JobName, plan: JobPlan) -> None:
    """Begin another turn of a job, with what has come for it added to its plan."""
    changed = update(jobs).where(jobs.c.name == job)
    await tx.execute(changed.values(plan=asdict(plan), turn=jobs.c.turn + 1))


async def end(tx: AsyncConnection, job: JobName, ending: Mapping[str, Any], *, now: float) -> bool:
    """Write down how a job ended; False when that is known already."""
    changed = await tx.execute(
        update(jobs)
        .where(jobs.c.name == job, jobs.c.ended_at.is_(None))
        .values(ended_at=now, ending=dict(ending))
    )
    return changed.rowcount == 1


async def endings(tx: AsyncConnection, run: RunId, *, most: int) -> Sequence[Ended]:
    """Return how the jobs of a run have ended that said so, the newest first."""
    query = select(jobs.c.ending).where(jobs.c.run == run, jobs.c.ended_at.is_not(None))
    found = await tx.execute(query.order_by(jobs.c.fence.desc()).limit(most))
    return [Ended(**ending) for ending in found.scalars()]


async def spent(tx: AsyncConnection, run: RunId) -> int:
    """Count the jobs that a run has had since the last one that said how it ended."""
    earlier = jobs.alias("earlier")
    ended = select(func.coalesce(func.max(earlier.c.fence), 0)).where(
        earlier.c.run == run, earlier.c.ended_at.is_not(None)
    )
    query = select(func.count()).where(jobs.c.run == run, jobs.c.fence > ended.scalar_subquery())
    return (await tx.execute(query)).scalar_one()


async def alive(tx: AsyncConnection, among: Collection[JobName]) -> frozenset[JobName]:
    """Return those of some jobs that may still run: the newest of each run that has compute."""
    newer = jobs.alias("newer")
    replaced = exists().where(newer.c.run == jobs.c.run, newer.c.fence > jobs.c.fence)
    query = select(jobs.c.name).join(runs, runs.c.id == jobs.c.run)
    query = query.where(jobs.c.name.in_(among), runs.c.compute != Compute.NONE, ~replaced)
    return frozenset((await tx.execute(query)).scalars())


async def written_down(tx: AsyncConnection, among: Collection[JobName]) -> frozenset[JobName]:
    """Return those of some jobs that there is a row of."""
    query = select(jobs.c.name).where(jobs.c.name.in_(among))
    return frozenset((await tx.execute(query)).scalars())
