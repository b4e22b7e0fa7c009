"""What jobs leave for the next one of their run: taken, given back, and at last dropped.

A blob is named by its content, so that two runs may have the same one.  Nobody drops a
blob because one run is over, but because no row names it any more.
"""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from typing import NoReturn

import structlog
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.blobs.blobs import Blobs
from bot.model.clock import Clock
from bot.model.errors import Fenced, Refused, Unavailable
from bot.model.runs import Checkpoint
from bot.rules.setups import HOLDS
from bot.store import checkpoints, jobs, runs, setups, validations
from bot.store.engine import Store
from bot.store.jobs import JobRow

KEEPS = 14 * 24 * 3600.0
"""Seconds for which a finished run can go on from where it stopped."""

KEEPS_UNNAMED = 24 * 3600.0
"""Seconds after which a blob that no row names was not put by somebody about to name it."""

DROPS_EVERY = 3600.0
"""Seconds from one look for what can be dropped to the next."""

log = structlog.get_logger()


class Checkpoints:
    """Answers the jobs, beside the broker.

    Every method takes the run token; all raise Refused `unknown_token` for a token that
    nobody has, and Fenced for that of a job that is not its run's current one or has ended.
    """

    def __init__(self, store: Store, blobs: Blobs, clock: Clock) -> None:
        self._store = store
        self._blobs = blobs
        self._clock = clock

    async def check(self, token: SecretStr) -> None:
        """Return if the job may leave something."""
        async with self._store.read() as tx:
            await self._job(tx, token)

    async def keep(self, token: SecretStr, left: Checkpoint, came: Collection[bytes]) -> None:
        """Keep what a job has now, in place of what it left before; safe to repeat.

        Args:
            token: the job's.
            left: names the blobs; its time is not read.
            came: the blobs that came with it; any other is one that the run has already.

        Raises:
            Refused: `blob`, it names one that is neither, or another base than the job's.
        """
        put = {await self._blobs.put(data) for data in came}
        now = self._clock.now()
        async with self._store.begin() as tx:
            job = await self._job(tx, token)
            row = await runs.get(tx, job.run)
            if left.base != job.plan.base:
                raise Refused("blob", "What a job leaves stands on the base of its plan.")
            if not _named(left) <= put | _named(row.checkpoint):
                raise Refused("blob", "A checkpoint names what comes with it, or came before.")
            await checkpoints.keep(tx, row, replace(left, at=now))
        log.info("checkpoint.kept", run=job.run, job=job.name, bytes=sum(map(len, came)))

    async def give(self, token: SecretStr, name: str) -> bytes:
        """Return a blob that the job's own plan names.

        Raises:
            Refused: `blob`, it names no such, or it was dropped.
        """
        async with self._store.read() as tx:
            job = await self._job(tx, token)
        if name not in _named(job.plan.checkpoint):
            raise Refused("blob", "The plan of this job names no such blob.")
        try:
            return await self._blobs.get(name)
        except LookupError:
            raise Refused("blob", "This blob is not there any more.") from None

    async def _job(self, tx: AsyncConnection, token: SecretStr) -> JobRow:
        job = await jobs.by_run_token(tx, token)
        if job is None:
            raise Refused("unknown_token", "This token opens nothing.")
        if (await runs.get(tx, job.run)).fence != job.fence:
            raise Fenced(f"job {job.name} was replaced")
        if job.ended_at is not None:
            raise Fenced(f"job {job.name} has ended")
        return job


async def drop_in_time(store: Store, blobs: Blobs, clock: Clock) -> NoReturn:
    """Drop what nobody goes on from any more, every hour until cancelled."""
    while True:
        try:
            dropped = await drop_old(store, blobs, now=clock.now())
        except Unavailable as problem:
            log.warning("blobs.unavailable", why=str(problem))
        else:
            log.info("blobs.dropped", blobs=dropped)
        await asyncio.sleep(DROPS_EVERY)


async def drop_old(store: Store, blobs: Blobs, *, now: float) -> int:
    """Drop what no run can go on from any more; return how many blobs that were.

    What is there is listed before the rows are read, so that what is named meanwhile stays.

    Raises:
        Unavailable: the blobs' place did not answer; the rest is for the next time.
    """
    async with store.begin() as tx:
        await checkpoints.forget(tx, before=now - KEEPS)
    old = {each.name async for each in blobs.kept() if each.at < now - KEEPS_UNNAMED}
    async with store.read() as tx:
        dropped = old - await checkpoints.blobs(tx) - await validations.blobs(tx)
        dropped -= await setups.blobs(tx, since=now - HOLDS)
    await blobs.drop(dropped)
    return len(dropped)


def _named(left: Checkpoint | None) -> frozenset[str]:
    names = (left.work, left.session) if left else ()
    return frozenset(name for name in names if name)
