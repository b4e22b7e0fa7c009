"""Work that comes after the question about its tree: the job of it waits, and nobody else."""

import asyncio
from dataclasses import replace

import pytest

from bot.model.errors import Refused, Unavailable
from bot.model.ids import ValidationId
from bot.model.validations import COMING
from bot.work.validator import NO_WORK
from tests.validations.booth import GOOD, LINT, TREE, WORK, Booth

FIRST = replace(TREE, work=COMING)


@pytest.fixture
def booth(store, tmp_path):
    return Booth(store, tmp_path / "blobs")


async def test_a_job_comes_up_and_waits_for_the_work(booth):
    token = await booth.works()
    asked = await booth.validator.ask(token, "unit", FIRST)
    assert (asked.under_way, asked.wants_work) == (True, True)
    job = await booth.begins(asked.id)
    waits = asyncio.create_task(booth.verdicts.arrived(job, seconds=5))
    await booth.validator.supply(token, asked.id, WORK)
    assert await waits == WORK
    await booth.validator.supply(token, asked.id, WORK)
    assert not (await booth.validator.ask(token, "unit", TREE)).wants_work


async def test_it_does_not_wait_for_ever(booth):
    asked = await booth.validator.ask(await booth.works(), "unit", FIRST)
    with pytest.raises(Unavailable):
        await booth.verdicts.arrived(await booth.begins(asked.id), seconds=0)


async def test_for_a_tree_that_is_known_no_work_is_wanted(booth):
    token = await booth.works()
    asked = await booth.validator.ask(token, "unit", TREE)
    await booth.verdicts.end(await booth.begins(asked.id), GOOD)
    known = await booth.validator.ask(token, "unit", FIRST)
    assert (known.cached, known.wants_work) == (True, False)


async def test_who_joins_another_run_has_nothing_to_hand_in(booth):
    mine, theirs = await booth.works(), await booth.works("01B", agent="fix")
    first = await booth.validator.ask(mine, "unit", FIRST)
    joined = await booth.validator.ask(theirs, "unit", FIRST)
    assert (joined.under_way, joined.wants_work) == (True, False)
    with pytest.raises(Refused) as refusal:
        await booth.validator.supply(theirs, first.id, WORK)
    assert refusal.value.reason == "no_validation"


async def test_work_that_will_not_come_ends_it_without_a_verdict_on_the_tree(booth):
    token = await booth.works()
    asked = await booth.validator.ask(token, "unit", FIRST)
    job = await booth.begins(asked.id)
    await booth.validator.supply(token, asked.id, None)
    with pytest.raises(Refused):
        await booth.verdicts.arrived(job, seconds=5)
    assert (await booth.validator.watch(token, asked.id)).verdict == NO_WORK
    again = await booth.validator.ask(token, "unit", FIRST)
    assert (again.id != asked.id, again.wants_work) == (True, True)


async def test_only_what_the_run_has_left_is_its_work(booth):
    token = await booth.works()
    asked = await booth.validator.ask(token, LINT.name, FIRST)
    with pytest.raises(Refused) as refusal:
        await booth.validator.supply(token, asked.id, "b" * 64)
    assert refusal.value.reason == "blob"
    with pytest.raises(Refused) as refusal:
        await booth.validator.supply(token, ValidationId("01VX"), WORK)
    assert refusal.value.reason == "no_validation"
