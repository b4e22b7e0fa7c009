import asyncio

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from bot.model.ids import Fence, JobName, RunId
from bot.rules.lifecycle import Signal
from bot.store import jobs, story
from bot.store.jobs import JobRow
from bot.store.schema import jobs as table
from bot.store.schema import waits
from bot.store.story import MOST_STEPS, OutputRow
from tests.store.rows import NOW, begun, live, moved, plan, token

RUN, JOB = RunId("01A"), JobName("01a-1")


async def add(store, fence=1, run="01A"):
    async with store.begin() as tx:
        await jobs.add(tx, plan(fence, run), token(f"launch-{run}-{fence}"), now=NOW)


async def claim(store, run_token, job=JOB):
    async with store.begin() as tx:
        return await jobs.claim(tx, job, token(run_token), now=NOW + 1)


async def test_a_job_is_found_by_its_tokens_and_by_its_run(store):
    await begun(store)
    await add(store)
    expected = JobRow(
        name=JOB,
        run=RUN,
        fence=Fence(1),
        turn=0,
        plan=plan(),
        claimed_at=None,
        ended_at=None,
    )
    async with store.begin() as tx:
        assert await jobs.by_launch_token(tx, token("launch-01A-1")) == expected
        assert await jobs.latest(tx, RUN) == expected
        assert await jobs.by_launch_token(tx, token("other")) is None
        assert await jobs.by_run_token(tx, token("launch-01A-1")) is None
        assert await jobs.latest(tx, RunId("01Z")) is None


async def test_a_launch_token_is_exchanged_once_even_by_many_at_once(store):
    await begun(store)
    await add(store)
    won = await asyncio.gather(*(claim(store, f"run-{number}") for number in range(5)))
    assert sorted(won) == [False] * 4 + [True]
    async with store.read() as rows:
        job = await jobs.by_run_token(rows, token(f"run-{won.index(True)}"))
        assert (job.name, job.claimed_at) == (JOB, NOW + 1)
        assert await jobs.by_run_token(rows, token(f"run-{won.index(False)}")) is None


async def test_no_token_is_stored(store):
    await begun(store)
    await add(store)
    await claim(store, "run-token")
    async with store.read() as rows:
        (row,) = (await rows.execute(select(table))).mappings()
    assert not {"launch-01A-1", "run-token"} & {str(value) for value in row.values()}


async def test_a_fence_has_one_job(store):
    await begun(store)
    await add(store)
    with pytest.raises(IntegrityError):
        await add(store)


async def test_the_newest_job_is_the_one_with_the_highest_fence(store):
    await begun(store)
    for fence in (1, 3, 2):
        await add(store, fence)
    async with store.read() as rows:
        assert (await jobs.latest(rows, RUN)).name == "01a-3"
        assert await jobs.spent(rows, RUN) == 3
        assert await jobs.spent(rows, RunId("01Z")) == 0


async def test_a_job_ends_once(store):
    await begun(store)
    await add(store)
    async with store.begin() as tx:
        assert await jobs.end(tx, JOB, {"exit": 0}, now=NOW + 5)
        assert not await jobs.end(tx, JOB, {"exit": 1}, now=NOW + 6)
        assert (await jobs.latest(tx, RUN)).ended_at == NOW + 5
        assert await tx.scalar(select(table.c.ending)) == {"exit": 0}


async def test_a_heartbeat_is_written_down(store):
    await begun(store)
    await add(store)
    async with store.begin() as tx:
        await jobs.beat(tx, JOB, now=NOW + 3)
        assert await tx.scalar(select(table.c.heartbeat_at)) == NOW + 3


async def test_only_the_newest_job_of_a_run_with_compute_may_exist(store):
    await live(store)
    lost = await live(store, id=RunId("01B"), number=2)
    await moved(store, lost, Signal.VANISHED)
    for fence, run in ((1, "01A"), (2, "01A"), (1, "01B")):
        await add(store, fence, run)
    async with store.read() as rows:
        everything = ["01a-1", "01a-2", "01b-1", "never"]
        assert await jobs.alive(rows, everything) == {"01a-2"}


async def test_a_story_is_told_in_its_order(store):
    await begun(store)
    async with store.begin() as tx:
        await story.tell(tx, RUN, "Starting", now=NOW)
        await story.hear(tx, RUN, "Looking", now=NOW + 2, key=None)
        await story.hear(tx, RUN, "Looking", now=NOW + 1, key=None)
        told = await story.steps(tx, RUN)
        assert await story.count(tx, RUN) == 3
    assert [(step.at - NOW, step.text, step.agent) for step in told] == [
        (0, "Starting", False),
        (2, "Looking", True),
        (1, "Looking", True),
    ]


async def test_a_step_that_is_said_again_is_heard_once(store):
    await begun(store)
    await begun(store, id=RunId("01B"), number=2)
    async with store.begin() as tx:
        await story.hear(tx, RUN, "Looking", now=NOW, key="k1")
        await story.hear(tx, RUN, "Looking", now=NOW, key="k1")
        await story.hear(tx, RUN, "Looking", now=NOW, key="k2")
        await story.hear(tx, RunId("01B"), "Looking", now=NOW, key="k1")
        assert [await story.count(tx, RunId(run)) for run in ("01A", "01B")] == [2, 1]


async def test_notes_are_for_the_next_job_and_no_part_of_the_story(store):
    await begun(store)
    await begun(store, id=RunId("01B"), number=2)
    async with store.begin() as tx:
        for text, key in (("ruff is slow", "k1"), ("ruff is slow", "k1"), ("so is mypy", None)):
            await story.keep_note(tx, RUN, text, now=NOW, key=key)
        await story.hear(tx, RUN, "Looking", now=NOW, key=None)
        await story.keep_note(tx, RunId("01B"), "theirs", now=NOW, key="k1")
        assert await story.notes(tx, [RUN]) == ["ruff is slow", "so is mypy"]
        assert [step.text for step in await story.steps(tx, RUN)] == ["Looking"]
        assert await story.count(tx, RUN) == 3


async def test_a_long_story_keeps_its_beginning_and_its_end(store):
    await begun(store)
    async with store.begin() as tx:
        for number in range(MOST_STEPS + 5):
            await story.tell(tx, RUN, str(number), now=NOW)
        told = [int(step.text) for step in await story.steps(tx, RUN)]
    assert told == [*range(20), *range(25, 45)]


async def test_a_long_story_loses_what_the_agent_told_long_ago_first(store):
    await begun(store)
    async with store.begin() as tx:
        for number in range(MOST_STEPS):
            await story.hear(tx, RUN, f"agent {number}", now=NOW, key=None)
        for number in range(5):
            await story.tell(tx, RUN, str(number), now=NOW)
        told = [step.text for step in await story.steps(tx, RUN)]
    assert told == [*(f"agent {number}" for number in range(5, 40)), *map(str, range(5))]


async def test_outputs_belong_to_the_job_that_asked(store):
    await begun(store)
    async with store.begin() as tx:
        for fence, kind, body in ((1, "comment", "a"), (2, "comment", "b"), (2, "noop", "c")):
            await story.ask(
                tx, RUN, Fence(fence), OutputRow(kind=kind, payload={"body": body}), now=NOW
            )
        assert await story.asked(tx, RUN, Fence(2)) == [
            OutputRow(kind="comment", payload={"body": "b"}),
            OutputRow(kind="noop", payload={"body": "c"}),
        ]
        assert await story.used(tx, RUN, Fence(2), "comment") == 1
        assert await story.used(tx, RUN, Fence(1), "noop") == 0


async def test_an_output_is_known_again_by_its_key(store):
    await begun(store)
    output = OutputRow(kind="comment", payload={"body": "a"}, key="k1")
    async with store.begin() as tx:
        await story.ask(tx, RUN, Fence(1), output, now=NOW)
        assert await story.was_asked(tx, RUN, "k1") == output
        assert await story.was_asked(tx, RUN, "k2") is None
    with pytest.raises(IntegrityError):
        async with store.begin() as tx:
            await story.ask(tx, RUN, Fence(1), output, now=NOW)


async def test_a_wait_is_late_after_its_deadline_until_it_is_met(store):
    await begun(store)
    async with store.begin() as tx:
        await story.wait(tx, RUN, "delivery", now=NOW, deadline=NOW + 10)
        assert not await story.is_late(tx, RUN, now=NOW + 10)
        assert await story.is_late(tx, RUN, now=NOW + 10.5)
        await story.met(tx, RUN)
        assert not await story.is_late(tx, RUN, now=NOW + 99)


async def test_a_wait_may_go_on_longer_than_was_said_first(store):
    await begun(store)
    async with store.begin() as tx:
        await story.wait(tx, RUN, "delivery", now=NOW, deadline=NOW + 10)
        await story.wait(tx, RUN, "delivery", now=NOW + 5, deadline=NOW + 99)
        assert not await story.is_late(tx, RUN, now=NOW + 99)
        assert await story.is_late(tx, RUN, now=NOW + 99.5)
        assert await tx.scalar(select(waits.c.since)) == NOW


async def test_everything_of_a_run_goes_with_it(store):
    row = await live(store)
    await add(store)
    async with store.begin() as tx:
        await story.tell(tx, RUN, "Starting", now=NOW)
        await tx.execute(table.metadata.tables["runs"].delete())
        for name in ("jobs", "run_steps", "run_subjects"):
            query = select(func.count()).select_from(table.metadata.tables[name])
            assert await tx.scalar(query) == 0, row
