"""Who asks a model: a job, and of its run what its limits come from."""

from dataclasses import dataclass

from pydantic import SecretStr
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import Fence, JobName, Repo, RunId
from bot.model.money import Micros
from bot.model.runs import Terms
from bot.rules.lifecycle import Compute, Run
from bot.store.jobs import digest
from bot.store.run_row import TERMS
from bot.store.schema import jobs, runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A job that shows its token.

    It comes with every turn of an agent, so what is long of a job and its run is left out.

    Attributes:
        after: the finished run that its run goes on from.
        extra: what people have added to what its run may cost.
        newest: whether it has not ended, and no later job of its run has begun.
        live: whether its run is at work.
    """

    job: JobName
    run: RunId
    fence: Fence
    repo_id: int
    repo: Repo
    after: RunId | None
    extra: Micros
    terms: Terms
    newest: bool
    live: bool

    @property
    def budget(self) -> Micros | None:
        """What its run may cost, with those that it goes on from; None for any amount."""
        per_run = self.terms.cost.per_run
        return None if per_run is None else Micros(per_run + self.extra)


_RUN = (runs.c.repo_id, runs.c.repo, runs.c.after, runs.c.extra, runs.c.terms)
_STATE = (runs.c.state, runs.c.compute, runs.c.fence.label("latest"))
# made once: a statement takes longer to be made than SQLite takes to answer it
_BY_TOKEN = (
    select(jobs.c.name, jobs.c.run, jobs.c.fence, jobs.c.ended_at, *_RUN, *_STATE)
    .join(runs, runs.c.id == jobs.c.run)
    .where(jobs.c.run_hash == bindparam("hash"))
    .with_for_update(of=runs)
)


async def by_token(tx: AsyncConnection, token: SecretStr) -> Asking | None:
    """Find the job that a run token was given to, and keep its run from changing."""
    row = (await tx.execute(_BY_TOKEN, {"hash": digest(token)})).first()
    if row is None:
        return None
    return Asking(
        job=row.name,
        run=row.run,
        fence=row.fence,
        repo_id=row.repo_id,
        repo=row.repo,
        after=row.after,
        extra=row.extra,
        terms=TERMS.validate_python(row.terms),
        newest=row.latest == row.fence and row.ended_at is None,
        live=row.state == Run.RUNNING and row.compute == Compute.LIVE,
    )
