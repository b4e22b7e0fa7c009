"""Setups in a house: jobs of theirs that hand in what a test says."""

import gzip
import io
import tarfile
from typing import Any

from sqlalchemy import select

from bot.model.validations import Setup
from bot.rules.reports import Ended
from bot.store import validations
from bot.store.schema import validations as table
from bot.work.layers import Layers
from tests.work.conversations import People, terms
from tests.work.house import House
from tests.work.validating import GOOD, UNIT, Inner

SETUP = Setup(run="make deps", inputs=("lock", "new.txt"), egress=("a.example",))
ADDED = {"workspace/.venv/x": "x", "home/y": "y"}
LOOPS = ("scheduler", "supervisor", "validations", "reporter")


def tar_of(files: dict[str, str]) -> bytes:
    """Pack files as a job's harness does."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return gzip.compress(packed.getvalue(), mtime=0)


class Prepared(Inner):
    """The inner loop of a house where workspaces are prepared."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.layers = Layers(house.store, self.blobs)

    async def begins(self, people: People, *start: Any, setup: Setup = SETUP, **more: Any) -> Any:
        """Have a run asked for, and everything done that can be."""
        number = start[0] if start else await people.issue("ann")
        told = terms(validations=(UNIT,), setup=setup)
        run = await people.begins(number, *start[1:], terms=told, **more)
        await self.passes(2)
        return run

    async def passes(self, seconds: float) -> None:
        await self.house.passes(seconds, *LOOPS)

    async def hands_in(self, data: bytes | None = None, ended: Ended = GOOD) -> Any:
        """Have the job that was launched last add something, and end; return its row."""
        launch = self.stand.launched[-1]
        token = (await self.verdicts.claim(launch.token)).token
        if ended.exit == 0:
            file = self.house.home / "handed-in"
            file.write_bytes(tar_of(ADDED) if data is None else data)
            await self.layers.keep(token, file)
        await self.verdicts.end(token, ended)
        await self.passes(2)
        return await self.setup(launch)

    async def setup(self, launch: Any = None) -> Any:
        """Return the row of a job, the last one's if none is given."""
        name = (launch or self.stand.launched[-1]).job.split("-")[1].upper()
        async with self.house.store.read() as tx:
            return await validations.find(tx, name)

    async def setups_of(self, tx: Any) -> list[str]:
        """Return the names of all setups that there ever were."""
        found = await tx.execute(select(table.c.id).where(table.c.sets_up).order_by(table.c.id))
        return list(found.scalars())
