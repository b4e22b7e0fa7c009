"""Does for each run what `owed` says, until what exists is what is wanted."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import structlog

from bot.model.ids import JobName
from bot.model.runs import Conclusion
from bot.rules.attempts import gives_up, pause
from bot.rules.endings import Ending
from bot.rules.lifecycle import Compute, Duty, Run, Signal, owed
from bot.runners.base import Gone, Runner, Unknown
from bot.store import jobs, runs
from bot.store.run_row import RunRow
from bot.work import telling
from bot.work.claimed import Claimed, RunsWhere
from bot.work.context import Context
from bot.work.launching import Launcher

log = structlog.get_logger()

GLANCE = 1.0
"""Seconds between two looks at a job that runs."""

SOON = 0.05
"""Seconds until a run is looked at again after something was done to it."""

STOP_GRACE = 60.0
"""Seconds that a job has to hand in what it has once it was told to stop."""


class Supervisor:
    """Looks after the runs that want, or have, a runner."""

    def __init__(self, context: Context, runner: Runner, launcher: Launcher) -> None:
        self._context = context
        self._runner = runner
        self._launcher = launcher
        self._duties: Mapping[Duty, Callable[[RunRow], Coroutine[Any, Any, float]]] = {
            Duty.LAUNCH: self._launch,
            Duty.WATCH: self._watch,
            Duty.WAIT: self._watch,
            Duty.STOP: self._stop,
            Duty.FENCE: self._fence,
        }

        self.step = Claimed(context, RunsWhere(runs.OWED), self._look_after, self._fail).step

    async def _look_after(self, row: RunRow) -> float:
        overdue = row.deadline is not None and self._context.now() > row.deadline
        return await self._duties[owed(row.state, row.compute, overdue=overdue)](row)

    async def _launch(self, row: RunRow) -> float:
        async with self._context.store.read() as rows:
            spent = await jobs.spent(rows, row.id)
        if gives_up(spent):
            await self._fail(row, f"{spent} runners were lost, one after another.")
            return 0.0
        return SOON if await self._launcher.launch(row) else GLANCE

    async def _watch(self, row: RunRow) -> float:
        standing = await self._runner.poll(await self._job(row))
        if isinstance(standing, Gone):
            await self._vanished(row, standing)
            return 0.0
        if isinstance(standing, Unknown):
            log.warning("job.unknown", run=row.id, why=standing.why)
        return GLANCE

    async def _vanished(self, row: RunRow, gone: Gone) -> None:
        now = self._context.now()
        async with self._context.store.begin() as tx:
            spent = await jobs.spent(tx, row.id)
            after = await runs.signal(tx, row, Signal.VANISHED, now=now, deadline=None)
            if after.state is Run.RUNNING and spent:
                words = "The runner was lost; starting again"
                await telling.tell(tx, after, words, now=now)
                await runs.note(tx, after, next_attempt_at=now + pause(spent))
        log.info("job.gone", run=row.id, exit=gone.exit, state=row.state)

    async def _stop(self, row: RunRow) -> float:
        await self._runner.stop(await self._job(row), kill=False)
        now = self._context.now()
        async with self._context.store.begin() as tx:
            await runs.signal(tx, row, Signal.STOP_SENT, now=now, deadline=now + STOP_GRACE)
        return SOON

    async def _fence(self, row: RunRow) -> float:
        """Take an overdue job its fence and kill it; given up on when that was done before.

        A runner that cannot say what became of a job must not hold up its run for ever:
        whatever may be left of it can write no more.
        """
        job = await self._job(row)
        if row.compute is Compute.STOPPING:
            await self._runner.stop(job, kill=True)
            await self._vanished(row, Gone())
            return 0.0
        now = self._context.now()
        # A run that is not running has what its job handed in, under the fence it had.
        fence = row.fence + 1 if row.state is Run.RUNNING else row.fence
        fenced = {"fence": fence, "deadline": now + STOP_GRACE}
        async with self._context.store.begin() as tx:
            await runs.signal(tx, row, Signal.STOP_SENT, now=now, **fenced)
        await self._runner.stop(job, kill=True)
        log.warning("job.fenced", run=row.id, job=job)
        return SOON

    async def _job(self, row: RunRow) -> JobName:
        async with self._context.store.read() as rows:
            job = await jobs.latest(rows, row.id)
        if job is None:
            raise LookupError(f"run {row.id} has compute but never had a job")
        return job.name

    async def _fail(self, row: RunRow, words: str) -> None:
        if row.state is not Run.RUNNING:
            return
        failed = Ending(signal=Signal.FAILED, conclusion=Conclusion.FAILURE, words=words)
        async with self._context.store.begin() as tx:
            await telling.finish(tx, row, failed, now=self._context.now())
