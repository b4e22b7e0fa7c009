"""Who asks a model, on both databases: the least that each request needs to know."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from bot.model.ids import Fence, JobName, RunId
from bot.model.money import Micros
from bot.rules.lifecycle import Compute
from bot.store import asking, jobs
from bot.store.asking import Asking
from bot.store.schema import runs
from tests.store.rows import ISSUE, NOW, TERMS, live, plan, token

RUN, JOB = RunId("01A"), JobName("01a-1")
ASKS = Asking(
    job=JOB,
    run=RUN,
    fence=Fence(1),
    repo_id=5,
    repo=ISSUE.repo,
    after=None,
    extra=Micros(0),
    terms=TERMS,
    newest=True,
    live=True,
)


@pytest.fixture
async def working(store):
    """A store with a run whose job works, and has a token."""
    await live(store)
    await change(store, fence=1)
    async with store.begin() as tx:
        await jobs.add(tx, plan(), token("launch"), now=NOW)
        await jobs.claim(tx, JOB, token("run"), now=NOW)
    return store


async def change(store, **values):
    async with store.begin() as tx:
        await tx.execute(update(runs).values(**values))


async def found(store, key="run"):
    async with store.begin() as tx:
        return await asking.by_token(tx, token(key))


async def test_a_job_is_known_by_its_token_with_what_its_run_may_spend(working):
    assert await found(working) == ASKS
    await change(working, extra=7, after="01OLDER")
    went_on = await found(working)
    assert went_on == replace(ASKS, extra=Micros(7), after=RunId("01OLDER"))
    assert went_on.budget == TERMS.cost.per_run + 7


async def test_nobody_is_known_by_another_token(working):
    assert await found(working, "launch") is None


async def test_a_run_without_a_limit_has_no_budget():
    free = replace(TERMS, cost=replace(TERMS.cost, per_run=None))
    assert replace(ASKS, terms=free, extra=Micros(7)).budget is None


async def test_a_job_is_not_the_newest_once_it_has_ended_or_another_has_begun(working):
    await change(working, fence=2)
    assert await found(working) == replace(ASKS, newest=False)
    await change(working, fence=1)
    async with working.begin() as tx:
        await jobs.end(tx, JOB, {}, now=NOW)
    assert await found(working) == replace(ASKS, newest=False)


async def test_a_run_that_is_being_stopped_is_not_at_work(working):
    await change(working, compute=Compute.STOPPING)
    assert await found(working) == replace(ASKS, live=False)
