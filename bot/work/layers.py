"""What setups have added, kept as blobs under their jobs' fences."""

from pathlib import Path

import structlog
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.blobs.blobs import Blobs
from bot.model.errors import Fenced, Refused
from bot.store import validation_jobs, validations
from bot.store.engine import Store
from bot.store.validation_row import ValidationRow

log = structlog.get_logger()


class Layers:
    """Answers the jobs of setups.

    Every method takes a job's token; all raise Refused `unknown_token` for one that nobody
    has, or that is no setup's.
    """

    def __init__(self, store: Store, blobs: Blobs) -> None:
        self._store = store
        self._blobs = blobs

    async def check(self, token: SecretStr) -> None:
        """Return if a job may hand something in."""
        async with self._store.read() as tx:
            await _setup(tx, token)

    async def keep(self, token: SecretStr, file: Path) -> None:
        """Keep what a job has added, in place of what it handed in before.

        Raises:
            Fenced: the job was replaced, or is over.
            Unavailable: the place of blobs does not answer.
        """
        name = await self._blobs.put_file(file)
        async with self._store.begin() as tx:
            found = await _setup(tx, token)
            row = await validations.get(tx, found.id)
            if row.fence != found.fence or row.state != "running":
                raise Fenced(f"job {found.job} was replaced, or is over")
            await validations.note(tx, row, layer=name)
        log.info("setup.kept", validation=row.id, layer=name)


async def _setup(tx: AsyncConnection, token: SecretStr) -> ValidationRow:
    row = await validation_jobs.by_token(tx, token)
    if row is None or not row.sets_up:
        raise Refused("unknown_token", "This token opens nothing.")
    return row
