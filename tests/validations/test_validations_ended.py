import asyncio
from dataclasses import replace

import pytest
from pydantic import SecretStr

from bot.model.clock import Clock
from bot.model.errors import Fenced, Refused
from bot.model.runs import Limits
from bot.rules.egress import Destination
from bot.store import outbox, validation_jobs, validations
from bot.work.egress import Reaching
from bot.work.verdicts import Left
from tests.store.inner_rows import ONE
from tests.store.rows import NOW
from tests.validations.booth import ASKS, BAD, GOOD, LINT, TREE, UNIT, Booth

NOBODY = SecretStr("nobody")


@pytest.fixture
def booth(store, tmp_path):
    return Booth(store, tmp_path / "blobs")


@pytest.fixture
async def asked(booth):
    return await booth.validator.ask(await booth.works(), "unit", TREE)


async def test_a_job_is_told_all_that_it_needs_once(booth, asked):
    launch = await booth.runs(asked.id)
    plan = (await booth.verdicts.claim(launch)).plan
    assert (plan.id, plan.job, plan.base) == (asked.id, "v-01v001-1", "5" * 40)
    assert (plan.tree, plan.work, plan.definition) == (TREE.sha, TREE.work, UNIT)
    assert (plan.shelf, plan.limits) == ("octo/cat.5", Limits(seconds=60))
    with pytest.raises(Fenced):
        await booth.verdicts.claim(launch)


async def test_a_token_that_nobody_has_opens_nothing(booth):
    for call in (
        booth.verdicts.claim(NOBODY),
        booth.verdicts.check(NOBODY),
        booth.verdicts.arrived(NOBODY, seconds=0),
        booth.verdicts.printed(NOBODY, b"", at=0),
        booth.verdicts.end(NOBODY, GOOD),
    ):
        with pytest.raises(Refused) as refusal:
            await call
        assert refusal.value.reason == "unknown_token"


async def test_a_job_gets_the_work_of_its_plan_as_long_as_that_is_there(booth, asked):
    name = await booth.verdicts.arrived(await booth.begins(asked.id), seconds=0)
    assert name == TREE.work
    with pytest.raises(Refused) as refusal:
        await booth.verdicts.work(name)
    assert refusal.value.reason == "blob"
    assert await booth.verdicts.work(await booth.blobs.put(b"work")) == b"work"


async def test_the_last_word_may_be_said_twice(booth, asked):
    token = await booth.begins(asked.id)
    await booth.verdicts.end(token, BAD)
    await booth.verdicts.end(token, GOOD)
    (row,) = await booth.of_run()
    assert (row.state, row.verdict.outcome, row.verdict.exit) == ("done", "failed", 1)
    assert await booth.verdicts.printed(token, b"more", at=0) is False


async def test_a_job_that_was_replaced_says_nothing_any_more(booth, asked):
    token = await booth.begins(asked.id)
    async with booth.store.begin() as tx:
        row = await validations.get(tx, asked.id)
        await validation_jobs.lost(tx, row, next_at=NOW)
    await booth.begins(asked.id)
    with pytest.raises(Refused):
        await booth.verdicts.end(token, GOOD)
    assert (await booth.of_run())[0].verdict is None


async def test_a_lost_job_that_comes_back_before_the_next_is_not_heard(booth, asked):
    token = await booth.begins(asked.id)
    async with booth.store.begin() as tx:
        await validation_jobs.lost(tx, await validations.get(tx, asked.id), next_at=NOW)
    await booth.verdicts.end(token, GOOD)
    assert (await booth.of_run())[0].state == "queued"


async def test_a_job_is_told_to_stop_when_the_run_is_over(booth, asked):
    token = await booth.begins(asked.id)
    assert await booth.verdicts.printed(token, b"one", at=0) is True
    await booth.ends_run()
    assert await booth.verdicts.printed(token, b"two", at=3) is False
    await booth.verdicts.end(token, GOOD)
    assert (await booth.of_run())[0].verdict.outcome == "passed"


async def test_two_last_words_at_once_are_one(booth, asked):
    token = await booth.begins(asked.id)
    await asyncio.gather(*(booth.verdicts.end(token, each) for each in (GOOD, BAD, GOOD)))
    (row,) = await booth.of_run()
    assert row.state == "done"


async def test_the_verdict_is_shown_with_the_tests_that_failed(booth, asked):
    await booth.verdicts.end(await booth.begins(asked.id), BAD)
    async with booth.store.read() as tx:
        comment = await outbox.find(tx, "comment:01A")
    row = next(line for line in comment.wish["body"].splitlines() if line.startswith("| `unit`"))
    assert "❌ failed" in row
    assert "`test_a.py::test_a`" in row


async def test_what_a_person_has_asked_for_reaches_its_hosts_too(booth):
    row = replace(ONE, key=None)
    async with booth.store.begin() as tx:
        assert await validations.add(tx, row)
    job = await booth.begins(row.id)
    reaching = Reaching(booth.store, Clock(lambda: NOW))
    going = await reaching.allowed(job, Destination(host="a.example", port=443))
    await reaching.reached(going)
    assert going.run is None


async def test_a_validation_reaches_the_hosts_that_its_definition_names(booth):
    names = replace(UNIT, egress=("pypi.example.com",))
    token = await booth.works(terms=replace(ASKS, validations=(names,)))
    asked = await booth.validator.ask(token, "unit", TREE)
    job = await booth.begins(asked.id)
    reaching = Reaching(booth.store, Clock(lambda: NOW))
    there = Destination(host="pypi.example.com", port=443)
    assert (await reaching.allowed(job, there)).run == "01A"
    with pytest.raises(Refused):
        await reaching.allowed(job, Destination(host="evil.example.com", port=443))
    assert await reaching.at_work([job, NOBODY]) == {job}
    await booth.verdicts.end(job, GOOD)
    with pytest.raises(Fenced):
        await reaching.allowed(job, there)


async def test_what_it_has_left_is_kept_with_its_verdict(booth):
    keeps = replace(UNIT, artifacts=("dist/**",))
    token = await booth.works(terms=replace(ASKS, validations=(keeps, LINT)))
    for definition, expected in ((keeps, 2), (LINT, None)):
        asked = await booth.validator.ask(token, definition.name, TREE)
        left = Left(b"tar", kept=2, left_out=1)
        await booth.verdicts.end(await booth.begins(asked.id), GOOD, left)
        verdict = (await booth.validator.watch(token, asked.id)).verdict
        assert (verdict.artifacts and verdict.artifacts.kept) == expected
    (row, _) = await booth.of_run()
    async with booth.store.read() as tx:
        assert await validations.blobs(tx) == {row.verdict.artifacts.blob}
    assert await booth.verdicts.work(row.verdict.artifacts.blob) == b"tar"
