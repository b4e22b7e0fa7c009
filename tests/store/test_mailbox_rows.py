"""What reaches a run: told once, read once, and in the way of its rest."""

from dataclasses import replace

import pytest

from bot.model.errors import Fenced
from bot.model.ids import RunId
from bot.rules.lifecycle import Signal
from bot.rules.waiting import ANSWER, CI, REVIEW, WAKES
from bot.store import mailbox, runs, story
from tests.store.rows import LETTER, NOW, begun, moved

RUN = RunId("01A")


async def posted(store, key, text="wait"):
    async with store.begin() as tx:
        return await mailbox.post(tx, RUN, replace(LETTER, text=text), key=key, now=NOW)


async def unread(store):
    async with store.read() as rows:
        return [(number, each.text) for number, each in await mailbox.unread(rows, RUN)]


async def test_a_message_is_told_once_for_each_key(store):
    await begun(store)
    assert await posted(store, "a", "first")
    assert not await posted(store, "a", "again")
    assert await posted(store, "b", "second")
    assert [text for _, text in await unread(store)] == ["first", "second"]


async def test_what_was_read_is_not_told_again(store):
    await begun(store)
    await posted(store, "a", "first")
    await posted(store, "b", "second")
    (number, _), _ = await unread(store)
    async with store.begin() as tx:
        await mailbox.read(tx, [number], now=NOW)
        await mailbox.read(tx, [], now=NOW)
    assert [text for _, text in await unread(store)] == ["second"]
    assert not await posted(store, "a")


async def test_what_counts_no_more_is_told_to_nobody(store):
    await begun(store)
    await posted(store, "a", "first")
    async with store.begin() as tx:
        await mailbox.drop(tx, RUN, "plan", now=NOW)
    assert [text for _, text in await unread(store)] == ["first"]
    async with store.begin() as tx:
        await mailbox.drop(tx, RUN, LETTER.kind, now=NOW)
    assert await unread(store) == []


@pytest.mark.parametrize("end", [Signal.FAILED, Signal.CANCELLED])
async def test_no_run_parks_past_an_unread_message_but_one_ends_for_good(store, end):
    row = await moved(store, await begun(store), Signal.ADMITTED)
    await posted(store, "a")
    with pytest.raises(Fenced):
        await moved(store, row, Signal.DELIVERS)
    await moved(store, row, end)


async def parked(store, *reasons, now=NOW):
    row = await moved(store, await begun(store), Signal.ADMITTED, Signal.DELIVERS)
    async with store.begin() as tx:
        for reason in reasons:
            await story.wait(tx, RUN, reason, now=now, deadline=now + 10)
    return row


@pytest.mark.parametrize("reasons", [(CI,), (CI, REVIEW), (ANSWER,)])
async def test_a_parked_run_is_found_by_what_it_waits_for(store, reasons):
    await parked(store, *reasons)
    async with store.read() as rows:
        assert await runs.due(rows, runs.parked_for(*WAKES), now=NOW)
        assert not await runs.due(rows, runs.parked_for("delivery", "start"), now=NOW)


async def test_people_are_reminded_of_a_wait_once(store):
    await parked(store, REVIEW)
    async with store.begin() as tx:
        assert await story.remind(tx, RUN, REVIEW, now=NOW)
        assert not await story.remind(tx, RUN, REVIEW, now=NOW + 1)
        assert not await story.remind(tx, RUN, ANSWER, now=NOW)
