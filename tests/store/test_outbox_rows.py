import asyncio
from dataclasses import replace

import pytest

from bot.model.ids import RunId
from bot.model.priorities import Priority
from bot.store import outbox
from bot.store.outbox import OutboxRow
from tests.store.rows import COMMENT, NOW, begun, lease


async def wish(store, wanted=COMMENT, *, now=NOW, not_before=0.0):
    async with store.begin() as tx:
        await outbox.wish(tx, wanted, now=now, not_before=not_before)


async def claim(store, worker="w1", now=NOW, most=10):
    async with store.begin() as tx:
        return list(await outbox.claim(tx, lease(worker, now), most=most))


async def find(store, target="comment:01A"):
    async with store.read() as rows:
        return await outbox.find(rows, target)


async def made(store, row, worker="w1", external_id="55", until=NOW):
    async with store.begin() as tx:
        return await outbox.made(tx, row, worker=worker, external_id=external_id, until=until)


def saying(body):
    return replace(COMMENT, wish={"number": 7, "body": body})


async def test_a_wish_is_read_back_as_it_was_made(store):
    await wish(store)
    (row,) = await claim(store)
    assert row == OutboxRow(
        id=row.id,
        target="comment:01A",
        kind="comment",
        run=None,
        installation=COMMENT.installation,
        repo=COMMENT.repo,
        wish={"number": 7, "body": "Hello"},
        priority=Priority.PROGRESS,
        version=1,
        done=0,
        tried=False,
        external_id=None,
        refused=None,
        attempts=1,
    )
    assert not row.is_made
    assert await find(store, "comment:01B") is None


async def test_what_was_made_is_not_due_again(store):
    await wish(store)
    (row,) = await claim(store)
    assert await made(store, row)
    kept = await find(store)
    assert (kept.done, kept.external_id, kept.is_made) == (1, "55", True)
    assert await claim(store, now=NOW + 999) == []


async def test_an_equal_wish_changes_nothing(store):
    await wish(store)
    (row,) = await claim(store)
    await made(store, row)
    await wish(store, replace(COMMENT, priority=Priority.RESULT), now=NOW + 1)
    assert await claim(store, now=NOW + 1) == []


async def test_another_wish_for_a_target_is_its_next_version(store):
    await wish(store)
    (row,) = await claim(store)
    await made(store, row)
    await wish(store, replace(saying("Bye"), priority=Priority.RESULT))
    (after,) = await claim(store)
    assert after == replace(
        row,
        wish={"number": 7, "body": "Bye"},
        priority=Priority.RESULT,
        version=2,
        done=1,
        external_id="55",
    )


async def test_a_wish_that_is_replaced_in_flight_is_still_due(store):
    await wish(store)
    (row,) = await claim(store)
    await wish(store, saying("Bye"))
    assert await claim(store, "w2") == []
    assert await made(store, row, until=NOW + 1)
    kept = await find(store)
    assert (kept.version, kept.done, kept.external_id) == (2, 1, "55")
    assert await claim(store, "w2", NOW + 0.5) == []
    (again,) = await claim(store, "w2", NOW + 1)
    assert again.wish["body"] == "Bye"


async def test_a_create_is_written_down_before_it_is_sent(store):
    await wish(store)
    (row,) = await claim(store)
    async with store.begin() as tx:
        assert await outbox.trying(tx, row, worker="w1", until=NOW + 65)
    assert (await find(store)).tried
    assert await claim(store, "w2", NOW + 64) == []
    (again,) = await claim(store, "w2", NOW + 65)
    assert (again.tried, again.attempts) == (True, 2)


async def test_what_github_refused_is_given_up_with_its_words(store):
    await wish(store)
    (row,) = await claim(store)
    async with store.begin() as tx:
        assert await outbox.refuse(tx, row, worker="w1", words="Not here.")
    assert (await find(store)).refused == "Not here."
    assert await claim(store, now=NOW + 999) == []


async def test_a_refusal_does_not_hold_for_a_wish_that_replaced_it(store):
    await wish(store)
    (row,) = await claim(store)
    await wish(store, saying("Bye"))
    async with store.begin() as tx:
        await outbox.refuse(tx, row, worker="w1", words="Too long.")
    (again,) = await claim(store, "w2")
    assert (again.wish["body"], again.refused, again.attempts) == ("Bye", None, 1)


async def test_a_new_wish_for_a_refused_target_is_tried(store):
    await wish(store)
    (row,) = await claim(store)
    async with store.begin() as tx:
        await outbox.refuse(tx, row, worker="w1", words="Too long.")
    await wish(store, saying("Bye"))
    (again,) = await claim(store)
    assert (again.wish["body"], again.refused) == ("Bye", None)


@pytest.mark.parametrize(("counts", "next_try"), [(True, 2), (False, 1)])
async def test_a_postponed_wish_comes_back_with_the_tries_that_were_to_blame(
    store, counts, next_try
):
    await wish(store)
    (row,) = await claim(store)
    async with store.begin() as tx:
        assert await outbox.postpone(tx, row, worker="w1", until=NOW + 30, counts=counts)
    assert await claim(store, now=NOW + 29) == []
    (again,) = await claim(store, now=NOW + 30)
    assert again.attempts == next_try


async def test_what_was_made_starts_its_tries_anew(store):
    await wish(store)
    (row,) = await claim(store)
    async with store.begin() as tx:
        await outbox.postpone(tx, row, worker="w1", until=NOW, counts=True)
    (again,) = await claim(store)
    await made(store, again)
    await wish(store, saying("Bye"))
    (other,) = await claim(store)
    assert (again.attempts, other.attempts) == (2, 1)


@pytest.mark.parametrize("verb", ["trying", "made", "postpone", "refuse"])
async def test_who_lost_the_lease_writes_nothing(store, verb):
    await wish(store)
    (row,) = await claim(store)
    (taken,) = await claim(store, "w2", NOW + 61)
    more = {
        "trying": {"until": NOW},
        "made": {"external_id": "66", "until": NOW},
        "postpone": {"until": NOW, "counts": True},
        "refuse": {"words": "No."},
    }[verb]
    async with store.begin() as tx:
        assert not await getattr(outbox, verb)(tx, row, worker="w1", **more)
    assert await find(store) == taken
    assert (row.attempts, taken.attempts) == (1, 2)


async def test_the_most_urgent_goes_first_then_the_oldest(store):
    for target, priority in (
        ("a", Priority.PROGRESS),
        ("b", Priority.REFUSAL),
        ("c", Priority.ACKNOWLEDGE),
        ("d", Priority.PROGRESS),
    ):
        await wish(store, replace(COMMENT, target=target, priority=priority))
    assert [row.target for row in await claim(store, most=3)] == ["c", "a", "d"]
    assert [row.target for row in await claim(store)] == ["b"]


async def test_a_wish_may_be_for_later(store):
    await wish(store, not_before=NOW + 60)
    assert await claim(store, now=NOW + 59) == []
    assert len(await claim(store, now=NOW + 60)) == 1


async def test_what_is_due_can_be_claimed(store):
    async def due(now=NOW):
        async with store.read() as rows:
            return await outbox.due(rows, now=now)

    assert not await due()
    await wish(store, not_before=NOW + 5)
    assert [await due(NOW + 4), await due(NOW + 5)] == [False, True]
    await claim(store, now=NOW + 5)
    assert [await due(NOW + 65), await due(NOW + 66)] == [False, True]


async def test_workers_that_claim_at_once_never_share_a_wish(store):
    for number in range(12):
        await wish(store, replace(COMMENT, target=f"t{number}"))
    found = await asyncio.gather(*(claim(store, f"w{who}", most=4) for who in range(5)))
    taken = [row.target for rows in found for row in rows]
    assert len(taken) == len(set(taken))


async def test_two_who_wish_for_one_target_at_once_make_one_row(store):
    await asyncio.gather(*(wish(store, saying(f"I am {number}")) for number in range(5)))
    (row,) = await claim(store)
    assert row.version == 5


async def test_the_wishes_of_a_run_are_told_by_kind(store):
    await begun(store)
    run = RunId("01A")
    await wish(store, replace(COMMENT, run=run))
    await wish(store, replace(COMMENT, run=run, target="check:1", kind="check"))
    await wish(store, replace(COMMENT, run=run, target="check:2", kind="check"))
    await wish(store, replace(COMMENT, target="other"))
    async with store.read() as rows:
        found = await outbox.of_run(rows, run)
    assert {kind: row.target for kind, row in found.items()} == {
        "comment": "comment:01A",
        "check": "check:2",
    }


async def withdraw(store, *kinds):
    async with store.begin() as tx:
        await outbox.withdraw(tx, RunId("01A"), kinds=kinds)


async def test_a_run_that_ends_gives_up_what_nobody_has_begun(store):
    await begun(store)
    ours = replace(COMMENT, run=RunId("01A"))
    await wish(store, ours)
    await wish(store, replace(ours, target="pull:01A", kind="pull"))
    await wish(store, replace(COMMENT, target="pull:01B", kind="pull"))
    await withdraw(store, "branch", "pull")
    assert (await find(store, "pull:01A")).refused == "The run has ended."
    assert [row.target for row in await claim(store)] == ["comment:01A", "pull:01B"]


async def test_what_may_be_under_way_already_is_not_withdrawn(store):
    await begun(store)
    await wish(store, replace(COMMENT, run=RunId("01A")))
    (row,) = await claim(store)
    await withdraw(store, "comment")
    assert (await find(store)).refused is None
    async with store.begin() as tx:
        await outbox.trying(tx, row, worker="w1", until=NOW)
        await outbox.postpone(tx, row, worker="w1", until=NOW, counts=True)
    await withdraw(store, "comment")
    assert [(again.tried, again.refused) for again in await claim(store)] == [(True, None)]


async def test_what_github_has_is_not_withdrawn(store):
    await begun(store)
    await wish(store, replace(COMMENT, run=RunId("01A")))
    (row,) = await claim(store)
    await made(store, row)
    await withdraw(store, "comment")
    assert (await find(store)).refused is None
