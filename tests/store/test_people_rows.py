"""Heads that were seen, runs that are held back, and what was decided of whom."""

from dataclasses import replace

import pytest

from bot.model.facts import Pause
from bot.model.ids import DeliveryGuid, Login, Repo, RunId, Sha, UserId
from bot.model.intents import RecordDecision
from bot.model.runs import Person
from bot.store import decisions, heads, pauses, queue, runs
from tests.store.rows import ISSUE, NOW, QUEUED

OLD, NEW = Sha("a" * 40), Sha("b" * 40)
EVE = Person(id=UserId(9), login=Login("eve"))


async def record(store, sha, at):
    async with store.begin() as tx:
        return await heads.record(tx, 5, 7, sha, at=at)


async def seen(store, before):
    async with store.read() as rows:
        return await heads.seen(rows, 5, 7, before=before)


async def test_a_head_can_be_seen_only_after_it_was_told(store):
    await record(store, OLD, NOW)
    await record(store, NEW, NOW + 60)
    assert await seen(store, NOW) is None
    assert await seen(store, NOW + 60) == OLD
    assert await seen(store, NOW + 61) == NEW


async def test_a_head_counts_from_the_first_time_that_it_is_told(store):
    assert await record(store, OLD, NOW)
    assert not await record(store, OLD, NOW + 60)
    assert await seen(store, NOW + 1) == OLD


async def test_a_head_that_comes_back_is_a_new_one(store):
    for at, sha in enumerate((OLD, NEW, OLD)):
        assert await record(store, sha, NOW + at)
    assert await seen(store, NOW + 9) == OLD


async def test_heads_of_other_pull_requests_are_not_seen(store):
    async with store.begin() as tx:
        await heads.record(tx, 5, 8, OLD, at=NOW)
        await heads.record(tx, 6, 7, OLD, at=NOW)
    assert await seen(store, NOW + 1) is None


async def may_start(store):
    async with store.begin() as tx:
        found = await queue.queued(tx, now=NOW, most=9, of_repo=9)
        assert bool(found) is await queue.any_queued(tx, now=NOW)
        return [row.id for row in found]


@pytest.mark.parametrize(
    ("scope", "held"),
    [
        ("all", True),
        ("owner:octo", True),
        ("owner:oct", False),
        ("owner:octop", False),
        ("repo:5", True),
        ("repo:55", False),
    ],
)
async def test_runs_of_a_scope_that_is_held_back_do_not_start(store, scope, held):
    async with store.begin() as tx:
        await runs.start(tx, replace(QUEUED, repo=Repo("Octo/cat")))
        await pauses.set_on(tx, Pause(scope=scope, by="ann", at=NOW))
    assert await may_start(store) == ([] if held else [RunId("01A")])


async def test_they_start_when_nobody_holds_them_back_any_more(store):
    async with store.begin() as tx:
        await runs.start(tx, QUEUED)
        assert await pauses.set_on(tx, Pause(scope="all", by="ann", at=NOW))
        assert not await pauses.set_on(tx, Pause(scope="all", by="bob", at=NOW))
        assert await pauses.set_off(tx, "all")
        assert not await pauses.set_off(tx, "all")
    assert await may_start(store) == ["01A"]


async def test_a_repository_is_told_of_the_pauses_that_hold_it(store):
    ours = Pause(scope="owner:octo", by="ann", at=NOW)
    async with store.begin() as tx:
        await pauses.set_on(tx, ours)
        await pauses.set_on(tx, Pause(scope="repo:6", by="bob", at=NOW))
        assert await pauses.among(tx, pauses.scopes(Repo("Octo/cat"), 5)) == [ours]


def decision(act, *, allowed=False):
    return RecordDecision(
        repo_id=5,
        subject=ISSUE,
        person=EVE,
        role="read",
        act=act,
        allowed=allowed,
        rule="role",
        words="No.",
    )


async def test_decisions_are_told_newest_first_and_refusals_counted(store):
    async with store.begin() as tx:
        for at, act in enumerate(("tidy", "fix")):
            await decisions.record(tx, DeliveryGuid("g"), decision(act), now=NOW + at)
        await decisions.record(tx, DeliveryGuid("g"), decision("help", allowed=True), now=NOW)
        told = await decisions.of(tx, 5, 7, EVE.id, most=2)
        assert [each.act for each in told] == ["help", "fix"]
        assert await decisions.refused(tx, 5, 7, EVE.id) == 2
        assert await decisions.refused(tx, 5, 7, UserId(1)) == 0


async def test_old_decisions_are_forgotten(store):
    async with store.begin() as tx:
        await decisions.record(tx, DeliveryGuid("g"), decision("tidy"), now=NOW - 1)
        await decisions.record(tx, DeliveryGuid("g"), decision("fix"), now=NOW)
        assert await decisions.forget(tx, before=NOW) == 1
        assert [each.act for each in await decisions.of(tx, 5, 7, EVE.id, most=9)] == ["fix"]
