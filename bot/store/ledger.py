"""The jobs that a run has had, and those of the runs that it goes on from, as they ended."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import RunId
from bot.rules.endings import Ended
from bot.rules.ledger import PastJob
from bot.rules.outputs import CHANGED
from bot.store.jobs import PLAN
from bot.store.schema import jobs, outputs

ENDED = TypeAdapter(Ended | None)


async def past_jobs(tx: AsyncConnection, line: Sequence[RunId]) -> Sequence[PastJob]:
    """Return the jobs of some runs, oldest first; the last of the runs is the present one."""
    query = select(jobs.c.run, jobs.c.fence, jobs.c.plan, jobs.c.ending)
    rows = await tx.execute(query.where(jobs.c.run.in_(line)))
    asked = await _asked(tx, line)
    found: dict[tuple[int, int], PastJob] = {}
    for run, fence, stored, ended in rows:
        plan = PLAN.validate_python(stored)
        found[line.index(run), fence] = PastJob(
            earlier=run != line[-1],
            base=plan.base,
            kind=plan.kind,
            messages=plan.messages,
            asked=asked.get((run, fence), ()),
            ended=ENDED.validate_python(ended),
        )
    return [found[place] for place in sorted(found)]


async def _asked(
    tx: AsyncConnection, some: Sequence[RunId]
) -> Mapping[tuple[RunId, int], list[tuple[str, Mapping[str, Any]]]]:
    """Return what each job was granted, by its run and fence."""
    query = select(outputs.c.run, outputs.c.fence, outputs.c.kind, outputs.c.payload)
    found: dict[tuple[RunId, int], list[tuple[str, Mapping[str, Any]]]] = {}
    for run, fence, kind, payload in await tx.execute(
        query.where(outputs.c.run.in_(some), outputs.c.kind != CHANGED).order_by(outputs.c.id)
    ):
        found.setdefault((run, fence), []).append((kind, payload))
    return found
