from dataclasses import replace

import pytest
from pydantic import SecretStr
from sqlalchemy.exc import IntegrityError

from bot.model.errors import Fenced
from bot.model.ids import JobName, RunId, ValidationId, validation_job
from bot.model.validations import MOST_OUTPUT
from bot.rules.lifecycle import Signal
from bot.store import due, validation_jobs, validations
from tests.store.inner_rows import BROKEN, GREEN, ONE, RED
from tests.store.rows import NOW, begun, lease, live, moved

LAUNCH, TOKEN = SecretStr("launch"), SecretStr("token")


def another(number, **changes):
    return replace(ONE, id=ValidationId(f"01V{number}"), **changes)


async def kept(store, *rows):
    async with store.begin() as tx:
        return [await validations.add(tx, row) for row in rows]


async def read(store, row):
    async with store.read() as tx:
        return await validations.find(tx, row.id)


async def launches(store, row, token=LAUNCH, slot=0):
    job = validation_job(row.id, row.fence + 1)
    async with store.begin() as tx:
        values = {"slot": slot, "deadline": NOW + 60}
        return await validation_jobs.launched(tx, row, job, token, **values)


async def claims(store, row, token=TOKEN):
    async with store.begin() as tx:
        return await validation_jobs.claim_job(tx, row, token, now=NOW)


async def ends(store, row, verdict=GREEN):
    async with store.begin() as tx:
        return await validations.end(tx, row, verdict, now=NOW + 2)


async def test_a_row_comes_back_as_it_went(store):
    assert await kept(store, ONE) == [True]
    assert await read(store, ONE) == ONE


async def test_of_one_key_only_one_has_a_job(store):
    behind = another(3, follows=ONE.id)
    assert await kept(store, ONE, another(2), behind) == [True, False, True]
    async with store.begin() as tx:
        assert await validations.leading(tx, 5, ONE.key) == ONE


async def test_other_repositories_and_unknown_keys_are_not_in_the_way(store):
    others = another(2, repo_id=6), another(3, key=None), another(4, key=None)
    assert await kept(store, ONE, *others) == [True] * 4


async def test_a_verdict_reaches_all_that_follow(store):
    await kept(store, ONE, another(2, follows=ONE.id))
    ended = await ends(store, await launches(store, ONE))
    assert [(each.id, each.verdict) for each in ended] == [("01V1", GREEN), ("01V2", GREEN)]
    rows = [await read(store, ONE), await read(store, another(2))]
    assert [row.state for row in rows] == ["done", "done"]
    assert [row.cached for row in rows] == [False, True]


@pytest.mark.parametrize(("verdict", "holds"), [(GREEN, True), (RED, True), (BROKEN, False)])
async def test_what_says_something_of_the_tree_is_known_from_then_on(store, verdict, holds):
    await kept(store, ONE)
    await ends(store, ONE, verdict)
    async with store.read() as tx:
        found = await validations.known(tx, 5, ONE.key, since=NOW)
        assert (found is not None) is holds
        assert await validations.known(tx, 5, ONE.key, since=NOW + 3) is None
        assert await validations.known(tx, 6, ONE.key, since=NOW) is None


async def test_of_what_was_printed_the_end_is_kept_once(store):
    await kept(store, ONE)
    row = await launches(store, ONE)
    for at, data in ((0, b"one\n"), (0, b"one\ntwo\n"), (8, b""), (MOST_OUTPUT, b"last\n")):
        async with store.begin() as tx:
            await validations.printed(tx, await validations.get(tx, row.id), data, at=at)
    async with store.read() as tx:
        assert await validations.output(tx, row.id) == b"one\ntwo\nlast\n"
    assert (await read(store, row)).printed == MOST_OUTPUT + 5


async def test_no_more_is_kept_than_there_is_room_for(store):
    await kept(store, ONE)
    row = await launches(store, ONE)
    async with store.begin() as tx:
        await validations.printed(tx, row, b"x" + b"y" * MOST_OUTPUT, at=0)
        assert await validations.output(tx, row.id) == b"y" * MOST_OUTPUT


async def test_a_launch_token_is_exchanged_once(store):
    await kept(store, ONE)
    row = await launches(store, ONE)
    async with store.begin() as tx:
        assert (await validation_jobs.by_launch_token(tx, LAUNCH)).id == row.id
    assert await claims(store, row) is True
    assert await claims(store, row, SecretStr("another")) is False
    async with store.read() as tx:
        assert (await validation_jobs.by_token(tx, TOKEN)).started_at == NOW
        assert await validation_jobs.at_work(tx, [TOKEN, LAUNCH]) == {TOKEN}


async def test_another_job_makes_the_tokens_of_the_first_void(store):
    await kept(store, ONE)
    first = await launches(store, ONE)
    await claims(store, first)
    async with store.begin() as tx:
        waits = await validation_jobs.lost(tx, first, next_at=NOW)
    assert (waits.state, waits.slot) == ("queued", None)
    second = await launches(store, waits, SecretStr("launch 2"))
    assert (second.fence, second.job) == (2, "v-01v1-2")
    async with store.begin() as tx:
        assert await validation_jobs.by_launch_token(tx, LAUNCH) is None
        assert await validation_jobs.by_token(tx, TOKEN) is None
    with pytest.raises(Fenced):
        await ends(store, first)


async def test_no_two_that_run_have_one_place(store):
    two = another(2, key="l" * 64)
    await kept(store, ONE, two)
    first = await launches(store, ONE)
    with pytest.raises(IntegrityError):
        await launches(store, two, SecretStr("launch 2"))
    async with store.read() as tx:
        assert await validation_jobs.free_slot(tx, 1) is None
        assert await validation_jobs.free_slot(tx, 2) == 1
    await ends(store, first)
    assert (await launches(store, two, SecretStr("launch 2"))).state == "running"


async def test_one_is_wanted_while_an_agent_works_that_has_asked_for_it(store):
    run = await live(store)
    await kept(store, replace(ONE, run=run.id))
    async with store.begin() as tx:
        assert await validation_jobs.wanted(tx, ONE)
    await moved(store, run, Signal.FAILED)
    async with store.begin() as tx:
        assert not await validation_jobs.wanted(tx, ONE)


async def test_one_is_wanted_as_long_as_somebody_follows_it(store):
    over = await moved(store, await live(store), Signal.FAILED)
    other = await live(store, id=RunId("01B"), agent="fix")
    await kept(store, replace(ONE, run=over.id), another(2, run=other.id, follows=ONE.id))
    async with store.begin() as tx:
        assert await validation_jobs.wanted(tx, ONE)
    await moved(store, other, Signal.FAILED)
    async with store.begin() as tx:
        assert not await validation_jobs.wanted(tx, ONE)


async def test_what_a_person_has_asked_for_is_wanted(store):
    await kept(store, ONE)
    async with store.begin() as tx:
        assert await validation_jobs.wanted(tx, ONE)


async def test_only_what_has_a_job_or_is_to_have_one_is_due(store):
    done = another(2, key="l" * 64, state="done", verdict=GREEN)
    later = another(4, key="m" * 64, next_attempt_at=NOW + 1)
    await kept(store, ONE, done, another(3, follows=ONE.id), later)
    async with store.begin() as tx:
        assert "validations" in await due.of(tx, now=NOW)
        assert [row.id for row in await validation_jobs.claim(tx, lease(), most=9)] == [ONE.id]
        assert "validations" not in await due.of(tx, now=NOW)
        await validation_jobs.release(tx, ONE, worker="w1", next_at=NOW + 5, failures=2)
        assert not await validation_jobs.due(tx, now=NOW + 0.5)
    assert (await read(store, ONE)).failures == 2


async def test_one_that_has_moved_meanwhile_is_looked_at_when_it_said(store):
    await kept(store, ONE)
    async with store.begin() as tx:
        (row,) = await validation_jobs.claim(tx, lease(), most=1)
    await launches(store, row)
    async with store.begin() as tx:
        await validation_jobs.release(tx, row, worker="w1", next_at=NOW + 5, failures=0)
        assert await validation_jobs.due(tx, now=NOW)


async def test_jobs_are_needed_from_before_they_are_written_down_until_the_verdict(store):
    await kept(store, ONE)
    names = [JobName(f"v-01v1-{fence}") for fence in (1, 2, 3)] + [JobName("01a-1")]
    async with store.begin() as tx:
        assert await validation_jobs.needed(tx, names) == set(names[:1])
    row = await launches(store, ONE)
    async with store.begin() as tx:
        assert await validation_jobs.needed(tx, names) == set(names[:2])
        assert await validation_jobs.alive(tx, names) == set(names[:1])
    await ends(store, row)
    async with store.begin() as tx:
        assert not await validation_jobs.needed(tx, names)
        assert not await validation_jobs.alive(tx, names)


async def test_what_ended_long_ago_is_forgotten_but_for_runs_that_are_open(store):
    run = await begun(store)
    done = replace(ONE, state="done", verdict=GREEN, ended_at=NOW)
    mine = replace(done, id=ValidationId("01V2"), run=run.id)
    await kept(store, done, mine, another(3))
    async with store.begin() as tx:
        assert await validations.forget(tx, before=NOW, most=9) == 0
        assert await validations.forget(tx, before=NOW + 1, most=9) == 1
    assert await read(store, done) is None
    assert await read(store, mine) is not None


async def test_work_is_named_until_its_validation_has_ended(store):
    await kept(store, replace(ONE, work="a" * 64))
    async with store.read() as tx:
        assert await validations.blobs(tx) == {"a" * 64}
    await ends(store, ONE)
    async with store.read() as tx:
        assert await validations.blobs(tx) == frozenset()


async def test_a_run_is_counted_what_it_has_asked_for(store):
    run = await begun(store)
    done = another(2, run=run.id, state="done", verdict=RED, ended_at=NOW)
    await kept(store, replace(ONE, run=run.id, key="l" * 64), done, another(3, key="m" * 64))
    async with store.begin() as tx:
        assert await validations.count(tx, run.id) == 2
        assert await validations.under_way(tx, run.id) == 1
        assert [row.id for row in await validations.of_run(tx, run.id)] == [ONE.id, done.id]
        assert (await validations.asked_before(tx, done)).id == done.id
        await validations.hit(tx, done.id)
        assert (await validations.get(tx, done.id)).hits == 1
        with pytest.raises(LookupError):
            await validations.get(tx, ValidationId("01VX"))
