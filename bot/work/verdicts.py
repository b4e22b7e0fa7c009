"""What the job of a validation says: that it has begun, what is printed, how it has ended.

Its token is for that and nothing else.  A verdict is folded here and never taken from a job,
which runs what strangers may have written.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import structlog
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.blobs.blobs import Blobs
from bot.model.clock import Clock
from bot.model.errors import Fenced, Refused, Unavailable
from bot.model.limits import Limits
from bot.model.validations import COMING, Artifacts, ValidationPlan
from bot.rules import reports, setups
from bot.rules.reports import Ended
from bot.store import validation_jobs, validations
from bot.store.engine import Store
from bot.store.validation_row import ValidationRow
from bot.work import validated

LOOKS_AGAIN = 1.0
"""Seconds after which is looked whether another process has said something."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a harness gets for its launch token."""

    plan: ValidationPlan
    token: SecretStr


@dataclass(frozen=True, slots=True)
class Left:
    """The files that a job says its command has left, and how many; None for none."""

    tar: bytes | None = field(default=None, repr=False)
    kept: int = 0
    left_out: int = 0


NOTHING = Left()


class Verdicts:
    """Answers the jobs of validations.

    All methods raise Refused `unknown_token` for a token that nobody has, which is also that of
    a job that was replaced.
    """

    def __init__(
        self, store: Store, blobs: Blobs, clock: Clock, new_token: Callable[[], str]
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._clock = clock
        self._new_token = new_token

    async def claim(self, launch: SecretStr) -> Claim:
        """Exchange a launch token, once, for the plan and a token.

        Raises:
            Fenced: it was exchanged before, or the job is not wanted any more.
        """
        token, now = SecretStr(self._new_token()), self._clock.now()
        async with self._store.begin() as tx:
            row = _known(await validation_jobs.by_launch_token(tx, launch))
            if not await validation_jobs.claim_job(tx, row, token, now=now):
                raise Fenced(f"job {row.job} was claimed already, or is over")
        log.info("validation.claimed", validation=row.id, job=row.job)
        return Claim(plan=_plan(row), token=token)

    async def check(self, token: SecretStr) -> None:
        """Return if a job may say something."""
        async with self._store.read() as tx:
            _known(await validation_jobs.by_token(tx, token))

    async def arrived(self, token: SecretStr, *, seconds: float) -> str:
        """Return which blob has what a job's tree differs by, having waited for it to come.

        Raises:
            Refused: `blob`, there is none, or none will come.
            Unavailable: it has not come within `seconds`.
        """
        loop, changes = asyncio.get_running_loop(), self._store.changes
        until = loop.time() + seconds
        while True:
            seen = changes.count
            async with self._store.read() as tx:
                row = _known(await validation_jobs.by_token(tx, token))
            if row.work is None or not row.under_way:
                raise Refused("blob", "There is no such work, or nobody waits for it.")
            if row.work != COMING:
                return row.work
            if loop.time() > until:
                raise Unavailable("work", "it has not come yet", retry_after=LOOKS_AGAIN)
            await changes.wait(seen, LOOKS_AGAIN)

    async def work(self, name: str) -> bytes:
        """Return a blob.

        Raises:
            Refused: `blob`, it was dropped.
        """
        try:
            return await self._blobs.get(name)
        except LookupError:
            raise Refused("blob", "This work is not there any more.") from None

    async def printed(self, token: SecretStr, data: bytes, *, at: int) -> bool:
        """Keep what a job's command has printed after its first `at` bytes; safe to repeat.

        False tells the job to stop: nobody waits for it any more.
        """
        async with self._store.begin() as tx:
            row = await self._current(tx, token)
            if row.state == "running":
                await validations.printed(tx, row, data, at=at)
                return await validation_jobs.wanted(tx, row)
        return False

    async def end(self, token: SecretStr, ended: Ended, left: Left = NOTHING) -> None:
        """Take a job's last word, and tell whoever waits; repeating it changes nothing."""
        async with self._store.read() as tx:
            row = _known(await validation_jobs.by_token(tx, token))
        verdict = await asyncio.to_thread(reports.verdict, row.definition, ended)
        verdict = replace(verdict, artifacts=await self._kept(row, left))
        async with self._store.begin() as tx:
            row = await self._current(tx, token)
            if row.sets_up and row.layer is None:
                verdict = setups.without_layer(verdict)
            if row.state == "running":
                await validated.end(tx, row, verdict, now=self._clock.now())

    async def _kept(self, row: ValidationRow, left: Left) -> Artifacts | None:
        if left.tar is None or not row.definition.artifacts:
            return None
        blob = await self._blobs.put(left.tar)
        return Artifacts(blob=blob, kept=left.kept, left_out=left.left_out)

    async def _current(self, tx: AsyncConnection, token: SecretStr) -> ValidationRow:
        """Return the validation of a token, locked, if the token is still its job's."""
        found = _known(await validation_jobs.by_token(tx, token))
        row = await validations.get(tx, found.id)
        if row.fence != found.fence:
            raise Fenced(f"job {found.job} was replaced")
        return row


def _plan(row: ValidationRow) -> ValidationPlan:
    assert row.job is not None  # of one whose launch token was found
    assert row.tree is not None
    return ValidationPlan(
        job=row.job,
        id=row.id,
        repo=row.repo,
        shelf=row.shelf,
        base=row.base,
        work=row.work,
        tree=row.tree,
        definition=row.definition,
        limits=limits(row),
        sets_up=row.sets_up,
    )


def limits(row: ValidationRow) -> Limits:
    """Return what the job of a validation may use."""
    return Limits(seconds=row.definition.seconds)


def _known(row: ValidationRow | None) -> ValidationRow:
    if row is None:
        raise Refused("unknown_token", "This token opens nothing.")
    return row
