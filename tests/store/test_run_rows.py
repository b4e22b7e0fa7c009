import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select, true

from bot.model.errors import Fenced
from bot.model.ids import InstallationId, Repo, RunId, Sha
from bot.model.runs import Conclusion, Subject
from bot.rules.lifecycle import Compute, IllegalTransition, Run, Signal
from bot.store import queue, runs, story
from bot.store.schema import mailbox, slots
from tests.store.rows import ISSUE, NOW, QUEUED, begun, lease, live, moved, write_to

EVERY = true()


async def read(store, run="01A"):
    async with store.begin() as tx:
        return await runs.get(tx, RunId(run))


async def claim(store, worker="w1", now=NOW, which=EVERY, most=10):
    async with store.begin() as tx:
        return [row.id for row in await runs.claim(tx, lease(worker, now), which, most=most)]


async def take(store, run, scope, number):
    async with store.begin() as tx:
        return await queue.take_slot(tx, RunId(run), scope, number)


async def held(store):
    async with store.read() as rows:
        return await queue.taken_slots(rows)


async def test_a_run_is_read_back_as_it_was_written(store):
    assert await begun(store) == QUEUED
    assert await read(store) == QUEUED
    assert QUEUED.subject == ISSUE


async def test_a_run_that_is_not_there_is_an_error(store):
    with pytest.raises(LookupError, match="01Z"):
        await read(store, "01Z")


async def test_an_agent_has_one_open_run_on_a_subject(store):
    await begun(store)
    async with store.begin() as tx:
        assert not await runs.start(tx, replace(QUEUED, id=RunId("01B")))
    await begun(store, id=RunId("01C"), agent="review")
    await begun(store, id=RunId("01D"), number=8)
    await begun(store, id=RunId("01E"), repo=Repo("octo/dog"))
    async with store.read() as rows:
        assert [row.id for row in await runs.open_on(rows, ISSUE, 5)] == ["01A", "01C"]


async def test_a_finished_run_makes_room_for_another(store):
    await moved(store, await begun(store), Signal.CANCELLED)
    await begun(store, id=RunId("01B"))
    async with store.read() as rows:
        assert [row.id for row in await runs.open_on(rows, ISSUE, 5)] == ["01B"]


async def test_two_that_start_the_same_run_at_once_make_one(store):
    async def start(run):
        async with store.begin() as tx:
            return await runs.start(tx, replace(QUEUED, id=RunId(run)))

    made = await asyncio.gather(*(start(f"01{letter}") for letter in "ABCDEF"))
    assert sorted(made) == [False] * 5 + [True]


async def test_a_run_is_found_by_the_pull_request_that_it_opened(store):
    row = await begun(store)
    pull = Subject(repo=ISSUE.repo, number=9, kind="pull")
    async with store.begin() as tx:
        assert await runs.opened(tx, row.id) is None
        assert await runs.own(tx, row.id, pull, how="opened")
        assert not await runs.own(tx, row.id, pull, how="opened")
        assert await runs.opened(tx, row.id) == 9
        assert await runs.open_on(tx, pull, 5) == [row]


async def test_open_runs_are_found_by_installation_and_by_repository(store):
    await begun(store)
    await begun(store, id=RunId("01B"), repo=Repo("octo/dog"))
    await begun(store, id=RunId("01C"), repo=Repo("x/y"), installation=InstallationId(8))
    done = await begun(store, id=RunId("01D"), number=1)
    await moved(store, done, Signal.CANCELLED)
    async with store.read() as rows:
        everywhere = await runs.open_of(rows, InstallationId(7), None)
        here = await runs.open_of(rows, InstallationId(7), Repo("octo/dog"))
        among = await runs.open_among(rows, [RunId("01A"), RunId("01D"), RunId("01Z")])
    assert {row.id for row in everywhere} == {"01A", "01B"}
    assert [row.id for row in here] == ["01B"]
    assert among == {"01A"}


async def test_a_signal_moves_its_machine_and_writes_beside_it(store):
    row = await begun(store)
    async with store.begin() as tx:
        after = await runs.signal(tx, row, Signal.ADMITTED, now=NOW + 5, words="Go")
    moved_row = replace(
        row, state=Run.RUNNING, changed_at=NOW + 5, next_attempt_at=NOW + 5, words="Go"
    )
    assert after == moved_row == await read(store)
    async with store.begin() as tx:
        launched = await runs.signal(tx, after, Signal.LAUNCHED, now=NOW + 9, fence=1)
    assert launched == replace(moved_row, compute=Compute.STARTING, fence=1)


async def test_a_signal_that_is_not_possible_changes_nothing(store):
    row = await begun(store)
    with pytest.raises(IllegalTransition):
        await moved(store, row, Signal.DELIVERED)
    assert await read(store) == row


@pytest.mark.parametrize("values", [{"fence": 3}, {"compute": Compute.LIVE}])
async def test_who_read_an_older_state_is_fenced(store, values):
    row = await moved(store, await begun(store), Signal.ADMITTED)
    async with store.begin() as tx:
        await runs.note(tx, row, **values)
    with pytest.raises(Fenced, match="run 01A has moved on"):
        await moved(store, row, Signal.FAILED)
    assert (await read(store)).state is Run.RUNNING


async def test_of_two_who_move_a_run_at_once_one_is_fenced(store):
    row = await moved(store, await begun(store), Signal.ADMITTED)

    async def end(what, conclusion):
        async with store.begin() as tx:
            return await runs.signal(tx, row, what, now=NOW, conclusion=conclusion)

    ends = await asyncio.gather(
        end(Signal.FAILED, Conclusion.FAILURE),
        end(Signal.CANCELLED, Conclusion.CANCELLED),
        return_exceptions=True,
    )
    (winner,) = [each for each in ends if not isinstance(each, Fenced)]
    assert await read(store) == winner


async def test_columns_that_are_no_state_are_noted(store):
    row = await begun(store)
    async with store.begin() as tx:
        assert await runs.note(tx, row, head=Sha("5" * 40)) == replace(row, head="5" * 40)


@pytest.mark.parametrize(
    ("run", "what"),
    [
        (Run.RUNNING, Signal.DELIVERS),
        (Run.RUNNING, Signal.ASKED),
        (Run.PARKED, Signal.SETTLED),
        (Run.PARKED, Signal.DELIVERED),
    ],
)
async def test_a_run_with_unread_messages_neither_parks_nor_ends_well(store, run, what):
    row = await begun(store, state=run)
    await write_to(store, row.id)
    with pytest.raises(Fenced, match="run 01A has unread messages"):
        await moved(store, row, what)
    async with store.begin() as tx:
        await tx.execute(mailbox.update().values(read_at=NOW))
    assert (await moved(store, row, what)).state in {Run.PARKED, Run.FINISHED}


@pytest.mark.parametrize(
    ("run", "what"),
    [
        *((run, Signal.CANCELLED) for run in (Run.QUEUED, Run.RUNNING, Run.PARKED)),
        *((run, Signal.FAILED) for run in (Run.RUNNING, Run.PARKED)),
        (Run.PARKED, Signal.EXPIRED),
    ],
)
async def test_unread_messages_do_not_keep_a_run_from_ending_for_good(store, run, what):
    row = await begun(store, state=run)
    await write_to(store, row.id)
    assert (await moved(store, row, what)).state is Run.FINISHED


async def test_a_slot_has_one_holder(store):
    for run, number in (("01A", 1), ("01B", 2)):
        await begun(store, id=RunId(run), number=number)
    assert await take(store, "01A", "all", 0)
    assert not await take(store, "01B", "all", 0)
    assert await take(store, "01B", "all", 1)
    assert await held(store) == {("all", 0), ("all", 1)}


async def test_a_run_holds_one_slot_of_a_scope(store):
    await begun(store)
    assert await take(store, "01A", "all", 0)
    assert not await take(store, "01A", "all", 1)
    assert await take(store, "01A", "repo:octo/cat", 0)


async def test_of_those_who_take_a_slot_at_once_one_gets_it(store):
    for number in range(5):
        await begun(store, id=RunId(f"01{number}"), number=number)
    won = await asyncio.gather(*(take(store, f"01{number}", "all", 0) for number in range(5)))
    assert sorted(won) == [False] * 4 + [True]


async def test_slots_are_free_again_when_the_run_rests_and_its_runner_is_gone(store):
    row = await live(store)
    await take(store, row.id, "all", 0)
    failed = await moved(store, row, Signal.FAILED)
    assert await held(store) == {("all", 0)}
    await moved(store, failed, Signal.STOP_SENT, Signal.VANISHED)
    assert await held(store) == set()


async def test_a_lost_runner_keeps_the_slot_for_the_next_one(store):
    row = await live(store)
    await take(store, row.id, "all", 0)
    lost = await moved(store, row, Signal.VANISHED)
    assert await held(store) == {("all", 0)}
    await moved(store, lost, Signal.FAILED)
    assert await held(store) == set()


async def test_workers_that_claim_at_once_never_share_a_run(store):
    for number in range(12):
        await begun(store, id=RunId(f"01{number:02}"), number=number)
    found = await asyncio.gather(*(claim(store, f"w{who}", most=4) for who in range(5)))
    taken = [run for those in found for run in those]
    assert len(taken) == len(set(taken))


async def test_runs_are_claimed_by_the_time_of_their_next_attempt(store):
    await begun(store, id=RunId("01A"), number=1, next_attempt_at=NOW - 1)
    await begun(store, id=RunId("01B"), number=2, next_attempt_at=NOW - 2)
    await begun(store, id=RunId("01C"), number=3, next_attempt_at=NOW + 1)
    assert await claim(store, most=1) == ["01B"]
    assert await claim(store) == ["01A"]
    assert await claim(store, "w2", NOW + 1) == ["01C"]
    assert await claim(store, "w2", NOW + 60.5) == ["01B", "01A"]


async def test_the_supervisor_is_owed_what_exists_and_what_runs(store):
    await begun(store)
    await moved(store, await begun(store, id=RunId("01B"), number=2), Signal.ADMITTED)
    row = await live(store, id=RunId("01C"), number=3)
    await moved(store, row, Signal.FAILED)
    parked = await live(store, id=RunId("01D"), number=4)
    await moved(store, parked, Signal.VANISHED, Signal.DELIVERS)
    assert sorted(await claim(store, which=runs.OWED)) == ["01B", "01C"]


async def test_parked_runs_are_found_by_what_they_wait_for(store):
    parked = await moved(store, await live(store), Signal.DELIVERS)
    async with store.begin() as tx:
        await story.wait(tx, parked.id, "delivery", now=NOW, deadline=NOW + 9)
    assert await claim(store, which=runs.parked_for("ci")) == []
    assert await claim(store, which=runs.parked_for("delivery")) == ["01A"]


async def test_what_is_due_can_be_claimed(store):
    async def due(now):
        async with store.read() as rows:
            return await runs.due(rows, EVERY, now=now)

    await begun(store, next_attempt_at=NOW + 5)
    assert [await due(NOW + 4), await due(NOW + 5)] == [False, True]
    await claim(store, now=NOW + 5)
    assert [await due(NOW + 65), await due(NOW + 66)] == [False, True]


async def release(store, row, worker="w1", next_at=NOW, failures=0):
    async with store.begin() as tx:
        await runs.release(tx, row, worker=worker, next_at=next_at, failures=failures)


async def test_a_run_that_was_released_is_looked_at_when_its_time_comes(store):
    row = await begun(store)
    await claim(store)
    await release(store, row, next_at=NOW + 5)
    assert await claim(store, "w2", NOW + 4) == []
    assert await claim(store, "w2", NOW + 5) == ["01A"]


async def test_a_run_that_was_poked_meanwhile_is_looked_at_at_once(store):
    row = await begun(store)
    await claim(store)
    async with store.begin() as tx:
        await runs.poke(tx, row.id, now=NOW + 1)
    await release(store, row, next_at=NOW + 50)
    assert await claim(store, "w2", NOW + 1) == ["01A"]


async def test_a_run_that_another_worker_has_is_not_released(store):
    row = await begun(store)
    await claim(store)
    await claim(store, "w2", NOW + 61)
    await release(store, row, failures=3)
    assert await claim(store, "w3", NOW + 62) == []
    assert (await read(store)).failures == 0


async def test_failures_are_counted_until_a_run_moves(store):
    row = await moved(store, await begun(store), Signal.ADMITTED)
    await claim(store)
    await release(store, row, failures=3)
    launched = await moved(store, await read(store), Signal.LAUNCHED)
    assert launched.failures == 3
    assert (await moved(store, launched, Signal.DELIVERS)).failures == 0


async def test_earlier_runs_with_a_branch_are_counted(store):
    for run, branch in (("01A", "greenroom/tidy/7"), ("01B", None)):
        done = await moved(store, await begun(store, id=RunId(run)), Signal.CANCELLED)
        async with store.begin() as tx:
            await runs.note(tx, done, head=Sha("5" * 40), head_branch=branch)
    row = await begun(store, id=RunId("01C"))
    async with store.read() as rows:
        assert await runs.earlier(rows, row) == 1
        assert await runs.earlier(rows, replace(row, id=RunId("01A"))) == 0
        assert await runs.earlier(rows, replace(row, agent="review")) == 0


async def test_nothing_is_left_of_the_slots_of_a_run(store):
    await begun(store)
    await take(store, "01A", "all", 0)
    await take(store, "01A", "repo:octo/cat", 3)
    async with store.begin() as tx:
        await runs.free_slots(tx, RunId("01A"))
        assert (await tx.execute(select(slots))).all() == []
