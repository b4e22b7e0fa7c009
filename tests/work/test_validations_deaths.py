"""A worker that dies at any commit of the loop of validations, and another that goes on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest

from bot.model.errors import Fenced, Refused
from bot.work.context import LEASE
from tests.work.conversations import People
from tests.work.validating import GOOD, TREE, Inner

COMMITS = 6
"""What a worker commits from finding a validation to its first look at the job."""

SOME = [pytest.param(at, marks=pytest.mark.full if at % 3 else ()) for at in range(COMMITS)]
"""Of these, some for every day."""


class Died(BaseException):
    """The end of a worker: nothing catches it."""


class Mortal:
    """A store whose worker dies before or after the commit of one transaction, by number."""

    def __init__(self, store: Any, at: int, *, after: bool) -> None:
        self.changes, self.read = store.changes, store.read
        self._store, self._left, self._after = store, at, after
        self.dead = False

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Any]:
        if self.dead:
            raise Died
        self._left -= 1
        async with self._store.begin() as tx:
            yield tx
            if self._left < 0 and not self._after:
                self.dead = True
                raise Died
        if self._left < 0:
            self.dead = True
            raise Died


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", SOME)
async def test_a_verdict_comes_wherever_the_worker_died(house, at, after):
    people = await People.around(house)
    inner = Inner(house)
    mortal = Mortal(house.store, at, after=after)
    doomed = inner.loop_of(replace(house.context, worker="w0", store=mortal))
    asked = await inner.validator.ask(await inner.works(people), "unit", TREE)
    while not mortal.dead:
        with suppress(Died):
            await doomed.step()
        await house.idle()
        house.time.now += 1.1
    house.time.now += LEASE
    await inner.goes_on(5)
    *before, last = inner.stand.launched
    await inner.verdicts.end((await inner.verdicts.claim(last.token)).token, GOOD)
    for each in (*before, last):
        with pytest.raises((Fenced, Refused)):
            await inner.verdicts.claim(each.token)
    row = await inner.row(asked.id)
    assert (row.state, row.verdict.outcome, row.slot) == ("done", "passed", None)
    assert row.fence <= 2
