"""Gives each validation that is asked for a job, away from the agent, and watches it.

Which runner it goes to is for its class to say.  A job that is lost is begun anew a few
times; one for which nobody waits any more is ended.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog
from pydantic import SecretStr
from sqlalchemy.exc import IntegrityError

from bot.model.errors import Refused
from bot.model.ids import Fence, JobName, validation_job
from bot.model.validations import Class, Verdict
from bot.rules import setups
from bot.rules.attempts import JOB_GRACE, pause
from bot.runners.base import Gone, Launch, Runner, Unknown
from bot.store import jobs, validation_jobs, validations
from bot.store.validation_row import ValidationRow
from bot.work import validated
from bot.work.claimed import SOON, Claimed
from bot.work.context import Context
from bot.work.launching import Workspaces
from bot.work.roots import Fetch, nowhere, roots
from bot.work.toolboxes import Unpack, nothing
from bot.work.verdicts import limits

MOST_JOBS = 3
"""Jobs that one validation may have: who loses them all may well be to blame."""

GLANCE = 1.0
"""Seconds between two looks at a job that runs."""

SWEEPS_AFTER = 1.0
"""Seconds after a launch until what others have left is removed."""

NO_ROOM = 0.5
"""Seconds until one is looked at again that found no place to run."""

SETS_UP = 5.0
"""Seconds until one is looked at again whose setup is under way, which wakes it at its end."""

Place = Callable[[ValidationRow], Awaitable[float]]
"""Finds out what a validation asks; returns the seconds until it is looked at again."""

log = structlog.get_logger()


class Validations:
    """The loop.

    Args:
        runners: where validations of each class run; there need not be one for all.
        gateway: the folder with the gateway's socket.
        place: finds out what is asked where that is not known.
        unpack: for toolboxes.
        root: for images that commands run in.
        most: validations that run side by side, of all repositories.
    """

    def __init__(  # noqa: PLR0913 - the places that a job is made of
        self,
        context: Context,
        runners: Mapping[Class, Runner],
        workspaces: Workspaces,
        gateway: Path,
        *,
        place: Place,
        unpack: Unpack = nothing,
        root: Fetch = nowhere,
        most: int,
    ) -> None:
        self._context = context
        self._runners = runners
        self._workspaces = workspaces
        self._gateway = gateway
        self._place = place
        self._unpack = unpack
        self._root = root
        self._most = most
        self._sweeping = context.pool(1)
        self.step = Claimed(context, validation_jobs, self._look_after, self._give_up).step

    async def _look_after(self, row: ValidationRow) -> float:
        """Do what is next for one; return the seconds until it is looked at again."""
        async with self._context.store.read() as rows:
            wanted = await validation_jobs.wanted(rows, row)
        if not wanted:
            return await self._drop(row)
        if row.state == "running":
            return await self._watch(row)
        if row.key is None:
            return await self._place(row)
        return await self._launch(row)

    async def _launch(self, row: ValidationRow) -> float:
        """Give one a job, written down before anything of it exists."""
        if row.fence >= MOST_JOBS:
            raise Refused("lost", f"{row.fence} runners were lost, one after another.")
        runner, job = self._runner(row), validation_job(row.id, Fence(row.fence + 1))
        most = await self._may_run(row)
        async with self._context.store.read() as rows:
            if await validation_jobs.free_slot(rows, most) is None:
                return NO_ROOM
        below = await self._workspaces.setups.below(row)
        if below is None:
            return SETS_UP
        if below.lacks is not None:
            return await self._end(row, setups.lacking(below.lacks))
        boxes = await self._unpack(row.toolboxes)
        trees = await roots(self._root, row.definition)
        tree = await self._workspaces.lowers.hold(row.shelf, row.base, job)
        token = SecretStr(self._context.token())
        conflicts = await self._workspaces.toolboxes.conflicts(boxes)
        if not await self._written_down(row, job, token, most, conflicts):
            return NO_ROOM
        await runner.launch(
            Launch(
                job=job,
                limits=limits(row),
                task="validation",
                token=token,
                tree=tree,
                mirror=self._workspaces.mirrors.path(row.shelf),
                gateway=self._gateway,
                toolboxes=boxes,
                builds=row.definition.kind == "builder",
                layers=below.layers,
                homes=below.homes,
                roots=trees,
            )
        )
        self._sweeping.add("sweep", runner, self._sweep, self._not_swept)
        return GLANCE

    async def _sweep(self, runner: Runner) -> None:
        """Remove what has ended, before many who fill the disk have filled all of it.

        Not at once: whoever has asked waits for a first line, and not for this.
        """
        await asyncio.sleep(SWEEPS_AFTER)
        await runner.sweep(self._alive)

    async def _not_swept(self, _runner: Runner, problem: Exception) -> None:
        """Leave it for the janitor."""
        log.error("janitor.failed", exc_info=problem)

    async def _alive(self, found: Collection[JobName]) -> Collection[JobName]:
        async with self._context.store.read() as rows:
            return await jobs.alive(rows, found) | await validation_jobs.alive(rows, found)

    async def _may_run(self, row: ValidationRow) -> int:
        """Return how many places there are for one; the last is for those that somebody wants."""
        if not row.ahead:
            return self._most
        async with self._context.store.read() as rows:
            return self._most if await validations.followers(rows, row.id) else self._most - 1

    async def _written_down(
        self, row: ValidationRow, job: JobName, token: SecretStr, most: int, said: Sequence[str]
    ) -> bool:
        """Write a job down under a place of its own; False when there is none any more."""
        now = self._context.now()
        until = now + row.definition.seconds + JOB_GRACE
        until += setups.HANDS_OVER if row.sets_up else 0.0
        try:
            async with self._context.store.begin() as tx:
                slot = await validation_jobs.free_slot(tx, most)
                if slot is None:
                    return False
                values: dict[str, Any] = {"slot": slot, "deadline": until}
                if said:
                    asked = (await validations.get(tx, row.id)).asked or {}
                    values["asked"] = {**asked, "conflicts": said}
                values["next_attempt_at"] = now + GLANCE
                noted = await validation_jobs.launched(tx, row, job, token, **values)
                await validated.show(tx, [noted], now=now)
        except IntegrityError:  # another worker has taken the same one
            return False
        return True

    async def _watch(self, row: ValidationRow) -> float:
        job, runner = _job(row), self._runner(row)
        now = self._context.now()
        if row.deadline is not None and now > row.deadline:
            await runner.stop(job, kill=True)
            raise Refused("overdue", "Its runner said nothing until its time was over.")
        standing = await runner.poll(job)
        if isinstance(standing, Gone):
            async with self._context.store.begin() as tx:
                await validation_jobs.lost(tx, row, next_at=now + pause(row.fence))
            log.warning("validation.lost", validation=row.id, job=job, exit=standing.exit)
        elif isinstance(standing, Unknown):
            log.warning("validation.unknown", validation=row.id, why=standing.why)
        return GLANCE

    async def _drop(self, row: ValidationRow) -> float:
        """End one for which nobody waits, unless somebody has begun to."""
        if row.state == "running":
            await self._runner(row).stop(_job(row), kill=True)
        now = self._context.now()
        async with self._context.store.begin() as tx:
            if await validation_jobs.wanted(tx, row):
                return SOON
            await validations.drop(tx, row, now=now)
            await validated.show(tx, [row], now=now)
        log.info("validation.dropped", validation=row.id)
        return 0.0

    def _runner(self, row: ValidationRow) -> Runner:
        kind = row.definition.kind
        if kind not in self._runners:
            raise Refused("class", f"There is no runner of class `{kind}` here.")
        return self._runners[kind]

    async def _give_up(self, row: ValidationRow, words: str) -> None:
        """End one that nobody can run: that is no verdict on its tree."""
        await self._end(row, Verdict(outcome="broken", exit=None, seconds=0.0, words=words))

    async def _end(self, row: ValidationRow, verdict: Verdict) -> float:
        """Give one a verdict without a job, unless it has one by now."""
        async with self._context.store.begin() as tx:
            current = await validations.get(tx, row.id)
            # one with a newer job than the one that was looked at is looked at again
            if current.under_way and current.fence == row.fence:
                await validated.end(tx, current, verdict, now=self._context.now())
        return 0.0


def _job(row: ValidationRow) -> JobName:
    if row.job is None:
        raise LookupError(f"validation {row.id} runs but never had a job")
    return row.job
