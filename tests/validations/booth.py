"""Those who answer agents and the jobs of validations, over a store, and a run that asks."""

import itertools
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.blobs.blobs import open_blobs
from bot.model.clock import Clock
from bot.model.ids import RunId, Sha, ValidationId, validation_job
from bot.model.runs import Checkpoint
from bot.model.validations import Definition, Toolbox
from bot.rules.lifecycle import Signal
from bot.rules.reports import Ended
from bot.store import jobs, runs, validation_jobs, validations
from bot.store.engine import Store
from bot.work.validator import Tree, Validator
from bot.work.verdicts import Verdicts
from tests.store.rows import NOW, TERMS, begun, moved, plan

UNIT = Definition(name="unit", run="pytest -q", toolboxes=("py",), seconds=60)
LINT = Definition(name="lint", run="ruff check")
BOX = Toolbox(name="py", image="reg.example/py@sha256:1")
ASKS = replace(TERMS, validations=(UNIT, LINT), toolboxes=(BOX,))
WORK = "a" * 64
TREE = Tree(sha=Sha("7" * 40), work=WORK)
OTHER = Tree(sha=Sha("8" * 40), work=WORK)
GOOD = Ended(exit=0, signal=None, cause="exited", seconds=1.5, log="3 passed\n")
SAID = """\
____ test_a ____

    assert 1 == 2
E   assert 1 == 2

test_a.py:2: AssertionError
=== short test summary info ===
FAILED test_a.py::test_a - assert 1 == 2
"""
BAD = replace(GOOD, exit=1, log=SAID)


@dataclass
class Booth:
    store: Store
    folder: Path
    now: float = NOW
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        clock = Clock(lambda: self.now)
        blobs = open_blobs(str(self.folder))
        self.validator = Validator(self.store, clock, self._id)
        self.verdicts = Verdicts(self.store, blobs, clock, self._text)
        self.blobs = blobs

    def _id(self) -> ValidationId:
        return ValidationId(f"01V{next(self.numbers):03}")

    def _text(self) -> str:
        return f"token-{next(self.numbers)}"

    async def works(self, run: str = "01A", **changes: Any) -> SecretStr:
        """Bring a run so far that its agent works and has left something; return its token."""
        left = Checkpoint(base=Sha("5" * 40), work=WORK)
        given = {"id": RunId(run), "terms": ASKS, "checkpoint": left, "base": left.base, **changes}
        row = await begun(self.store, **given)
        row = await moved(self.store, row, Signal.ADMITTED)
        row = await moved(self.store, row, Signal.LAUNCHED, fence=1)
        token, job = SecretStr(f"run-{run}"), plan(1, run)
        async with self.store.begin() as tx:
            await jobs.add(tx, job, SecretStr(f"launch-{run}"), now=NOW)
            await jobs.claim(tx, job.job, token, now=NOW)
        await moved(self.store, row, Signal.CAME_UP)
        return token

    async def ends_run(self, run: str = "01A") -> None:
        async with self.store.begin() as tx:
            row = await runs.get(tx, RunId(run))
        await moved(self.store, row, Signal.FAILED)

    async def runs(self, name: ValidationId, slot: int = 0) -> SecretStr:
        """Give a validation a job, as the loop does; return its launch token."""
        async with self.store.begin() as tx:
            row = await validations.get(tx, name)
            token = SecretStr(self._text())
            job = validation_job(row.id, row.fence + 1)
            values = {"slot": slot, "deadline": NOW + 60}
            await validation_jobs.launched(tx, row, job, token, **values)
        return token

    async def begins(self, name: ValidationId, slot: int = 0) -> SecretStr:
        """Bring it so far that its job has its token."""
        return (await self.verdicts.claim(await self.runs(name, slot))).token

    async def of_run(self, run: str = "01A") -> Any:
        async with self.store.read() as tx:
            return await validations.of_run(tx, RunId(run))
