"""Rows of runs that go on from others."""

from dataclasses import asdict, replace

import pytest
from rows import NOW, QUEUED, TERMS, begun, moved, plan, token

from bot.model.ids import Fence, RunId, Sha
from bot.model.runs import Checkpoint, Conclusion, Message, Subject
from bot.rules.endings import Ended
from bot.rules.ledger import PastJob
from bot.rules.lifecycle import Signal
from bot.store import checkpoints, jobs, mailbox, runs, story
from bot.store.ledger import past_jobs
from bot.store.story import OutputRow
from bot.work import inheritance

PULL = Subject(repo=QUEUED.repo, number=8, kind="pull")
LEFT = Checkpoint(base=Sha("5" * 40), work="1" * 64, session="2" * 64, at=NOW)
GOOD = Ended(exit=0, signal=None, cause="exited", result=None)
SECOND = RunId("01B")


async def over(store, **changes):
    """Store a run that was stopped."""
    row = await begun(store, **{"checkpoint": LEFT, **changes})
    how = {"conclusion": Conclusion.CANCELLED, "words": "It was stopped."}
    return await moved(store, row, Signal.CANCELLED, **how)


async def goes_on(store, before, **changes):
    """Store a run that goes on from another."""
    row = replace(QUEUED, id=SECOND, after=before.id, **changes)
    async with store.begin() as tx:
        assert await inheritance.past(tx, row) == before
        row = inheritance.inherited(row, before)
        assert await runs.start(tx, row)
        await inheritance.hand_over(tx, row, before, now=NOW)
    return row


async def test_what_a_run_has_taken_over_outlives_the_run_before(store):
    before = await over(store)
    await goes_on(store, before)
    async with store.begin() as tx:
        assert await checkpoints.forget(tx, before=NOW + 1) == 1
        assert (await runs.get(tx, before.id)).checkpoint is None
        assert (await runs.get(tx, SECOND)).checkpoint == LEFT
        assert await checkpoints.blobs(tx) == {LEFT.work, LEFT.session}


async def test_a_pull_request_is_that_of_all_runs_that_went_on_with_it(store):
    before = await over(store, own_pull=8, head=Sha("6" * 40), head_branch="greenroom/tidy/7")
    async with store.begin() as tx:
        await runs.own(tx, before.id, PULL, how="opened")
    row = await goes_on(store, before)
    assert (row.own_pull, row.head, row.head_branch) == (8, before.head, before.head_branch)
    async with store.begin() as tx:
        assert [each.id for each in await runs.openers(tx, PULL, 5)] == [before.id, SECOND]
        await runs.disown(tx, SECOND, 8)
        assert await runs.opened(tx, SECOND) is None
        assert await runs.opened(tx, before.id) == 8


async def test_an_agent_that_may_not_push_goes_on_without_the_pull_request(store):
    spec = replace(TERMS.agent, outputs={"pull_request": 1})
    before = await over(store, own_pull=8, head=Sha("6" * 40), head_branch="greenroom/tidy/7")
    row = await goes_on(store, before, terms=replace(TERMS, agent=spec))
    assert (row.own_pull, row.head, row.head_branch, row.checkpoint) == (None, None, None, LEFT)


@pytest.mark.parametrize(
    "changes",
    [{"after": None}, {"after": RunId("01X")}, {"agent": "fix"}, {"number": 9}, {"repo_id": 6}],
    ids=lambda changes: next(iter(changes)),
)
async def test_a_run_takes_over_nothing_that_is_not_its_own(store, changes):
    before = await over(store)
    row = replace(QUEUED, **{"id": SECOND, "after": before.id, **changes})
    async with store.begin() as tx:
        assert await inheritance.past(tx, row) is None


async def test_a_run_takes_over_nothing_of_one_that_is_open(store):
    before = await begun(store)
    async with store.begin() as tx:
        row = replace(QUEUED, id=SECOND, after=before.id)
        assert await inheritance.past(tx, row) is None


async def test_runs_that_go_on_from_one_another_are_told_oldest_first(store):
    row = None
    for number in range(runs.MOST_BEFORE + 2):
        row = await over(store, id=RunId(f"01{number}"), after=row and row.id)
    async with store.begin() as tx:
        line = await runs.line(tx, row)
        assert line == [f"01{number}" for number in range(2, runs.MOST_BEFORE + 2)]
        for each in line[:2]:
            await story.keep_note(tx, each, f"By {each}", now=NOW, key=None)
        assert await story.notes(tx, line) == ["By 012", "By 013"]


async def test_the_first_of_many_runs_that_go_on_from_one_another_is_known(store):
    row = await over(store, id=RunId("010"))
    async with store.begin() as tx:
        assert await runs.first(tx, row.id, row.after) == "010"
    for number in range(1, runs.MOST_BEFORE + 3):
        row = await over(store, id=RunId(f"01{number}"), after=row.id)
    await over(store, id=RunId("02"))
    async with store.begin() as tx:
        assert await runs.first(tx, row.id, row.after) == "010"
        assert await runs.first(tx, row.id, RunId("01GONE")) == "01GONE"


async def test_what_was_closed_is_known_by_its_runs(store):
    async with store.begin() as tx:
        assert not await runs.was_closed(tx, QUEUED.subject, 5)
    row = await begun(store)
    await moved(store, row, Signal.CANCELLED, conclusion=Conclusion.CANCELLED, closed=True)
    async with store.begin() as tx:
        assert await runs.was_closed(tx, QUEUED.subject, 5)
        assert not await runs.was_closed(tx, QUEUED.subject, 6)
        assert not await runs.was_closed(tx, PULL, 5)


async def test_jobs_are_told_with_what_they_heard_and_asked_for(store):
    before = await over(store)
    row = await goes_on(store, before)
    letter = Message(kind="ci", text="Red.")
    async with store.begin() as tx:
        await jobs.add(tx, plan(1), token("a"), now=NOW)
        await jobs.add(tx, replace(plan(2), kind="pull", messages=(letter,)), token("b"), now=NOW)
        await jobs.add(tx, plan(1, SECOND), token("c"), now=NOW)
        await jobs.end(tx, plan(1).job, asdict(GOOD), now=NOW)
        for kind in ("comment", "changed"):
            await story.ask(tx, before.id, Fence(1), OutputRow(kind=kind, payload={}), now=NOW)
        found = await past_jobs(tx, await runs.line(tx, row))
    base = plan().base
    assert found == [
        PastJob(earlier=True, base=base, kind="issue", asked=[("comment", {})], ended=GOOD),
        PastJob(earlier=True, base=base, kind="pull", messages=(letter,)),
        PastJob(earlier=False, base=base, kind="issue"),
    ]


async def test_an_agent_is_told_once_that_it_goes_on(store):
    before = await over(store)
    row = await goes_on(store, before)
    async with store.begin() as tx:
        ((_, message),) = await mailbox.unread(tx, row.id)
    assert message == Message(kind="continue", text="It ended so: It was stopped.", at=NOW)
