from contextlib import contextmanager

import pytest
from sqlalchemy import event

from bot.model.ids import Repo
from bot.model.runs import Subject
from bot.rules.lifecycle import Signal
from bot.store import due, inbox, outbox, queue, runs, story
from bot.store.engine import open_store
from bot.store.migrate import migrate
from tests.store.rows import COMMENT, NOW, arrive, begun, lease, live, moved


async def found(store, now=NOW):
    async with store.read() as rows:
        return await due.of(rows, now=now)


async def test_nothing_is_due_in_an_empty_database(store):
    assert await found(store) == set()


async def test_a_delivery_is_due_until_somebody_has_it(store):
    await arrive(store, ("g1", "a"))
    assert await found(store) == {"inbox"}
    async with store.begin() as tx:
        await inbox.claim(tx, lease(), most=1)
    assert await found(store) == set()
    assert await found(store, NOW + 61) == {"inbox"}


async def test_a_wish_is_due_when_its_time_comes(store):
    async with store.begin() as tx:
        await outbox.wish(tx, COMMENT, now=NOW, not_before=NOW + 5)
    assert [await found(store, NOW + 4), await found(store, NOW + 5)] == [set(), {"reporter"}]


async def test_a_queued_run_is_due_when_its_time_comes(store):
    await begun(store, next_attempt_at=NOW + 5)
    assert [await found(store, NOW + 4), await found(store, NOW + 5)] == [set(), {"scheduler"}]


async def test_a_run_with_compute_is_due(store):
    await live(store)
    assert await found(store) == {"supervisor"}


async def test_a_parked_run_is_due_only_for_what_a_loop_looks_at(store):
    parked = await moved(store, await live(store), Signal.VANISHED, Signal.DELIVERS)
    assert await found(store) == set()
    async with store.begin() as tx:
        await story.wait(tx, parked.id, "delivery", now=NOW, deadline=NOW + 9)
    assert await found(store) == {"delivering"}
    async with store.begin() as tx:
        await runs.claim(tx, lease(), runs.parked_for("delivery"), most=1)
    assert await found(store) == set()


async def test_a_finished_run_is_never_due(store):
    await moved(store, await begun(store), Signal.CANCELLED)
    assert await found(store, NOW + 10**6) == set()


@contextmanager
def listened(store):
    """Collect what is asked of the database while the block runs."""
    asked = []

    def hear(_connection, _cursor, statement, parameters, _context, _many):
        asked.append((statement, parameters))

    event.listen(store.engine.sync_engine, "before_cursor_execute", hear)
    yield asked
    event.remove(store.engine.sync_engine, "before_cursor_execute", hear)


@pytest.fixture
async def explain(sqlite):
    """Tell how SQLite goes about a question."""
    await migrate(sqlite)
    store = open_store(sqlite)

    async def explained(ask):
        async with store.read() as rows:
            with listened(store) as asked:
                await ask(rows)
            statement, parameters = asked[-1]  # the first begins the transaction
            plan = await rows.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            return [row.detail for row in plan]

    yield explained
    await store.close()


@pytest.mark.parametrize("which", [runs.OWED, queue.QUEUED], ids=["owed", "queued"])
async def test_runs_that_are_owed_something_are_found_by_their_index(explain, which):
    step, *_ = await explain(lambda rows: rows.execute(runs.waiting(which, NOW)))
    assert step.startswith("SEARCH runs USING INDEX ix_runs_owed (next_attempt_at<?)")


async def test_nobody_reads_every_run_to_see_that_nothing_is_due(explain):
    steps = await explain(lambda rows: due.of(rows, now=NOW))
    about_runs = [step for step in steps if " runs" in step]
    assert len(about_runs) == 5
    assert all("USING INDEX ix_runs_" in step for step in about_runs)


async def test_nobody_reads_every_delivery_to_find_those_that_wait(explain):
    steps = await explain(lambda rows: inbox.claim(rows, lease(), most=1))
    assert "SCAN deliveries USING INDEX ix_deliveries_waiting" in steps
    assert [step for step in steps if step == "SCAN deliveries"] == []


SUBJECT = Subject(repo=Repo("octo/cat"), number=7, kind="issue")


@pytest.mark.parametrize(
    "ask",
    [
        lambda rows: runs.open_on(rows, SUBJECT, 1),
        lambda rows: runs.finished_on(rows, SUBJECT, 1, most=5),
        lambda rows: runs.was_closed(rows, SUBJECT, 1),
    ],
    ids=["open", "finished", "closed"],
)
async def test_nobody_reads_every_run_of_a_repository_for_those_of_a_subject(explain, ask):
    first, *_ = await explain(ask)
    assert first.startswith("SEARCH run_subjects USING INDEX ix_run_subjects_subject")
