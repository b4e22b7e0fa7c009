"""What happens when a validation has come to its end: its verdict, and who is told of it."""

from collections.abc import Collection

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.validations import Verdict
from bot.rules.lifecycle import Run
from bot.store import runs, setups, validations
from bot.store.validation_row import ValidationRow
from bot.work import requested, telling

log = structlog.get_logger()


async def end(tx: AsyncConnection, row: ValidationRow, verdict: Verdict, *, now: float) -> None:
    """Give a validation its verdict, and so all that follow it; tell whoever has asked.

    Raises:
        Fenced: it has moved since it was read.
    """
    ended = await validations.end(tx, row, verdict, now=now)
    if row.sets_up:
        await setups.wake(tx, row, now=now)
    await show(tx, ended, now=now)
    log.info("validation.ended", validation=row.id, name=row.name, outcome=verdict.outcome)


async def show(tx: AsyncConnection, rows: Collection[ValidationRow], *, now: float) -> None:
    """Have GitHub show validations as they are now, in what shows their runs or requests.

    Always in the same order, so that two who do so never wait for each other.
    """
    for run in sorted({row.run for row in rows if row.run}):
        found = await runs.find(tx, run)
        if found is not None and found.state is not Run.FINISHED:
            await telling.refresh(tx, found, now=now)
    for request in sorted({row.request for row in rows if row.request}):
        await requested.show(tx, request, now=now)
