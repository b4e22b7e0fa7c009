"""Messages to runs: one that waits goes on with them, one at work hears of them in time.

A message is a row before anything else.  Neither parking nor ending is possible while one
is unread, so it makes no difference which of the two was committed first.
"""

from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.runs import Message
from bot.rules.lifecycle import Run, Signal
from bot.rules.waiting import ANSWER, WAKES
from bot.rules.wording import plain
from bot.store import mailbox, outbox, runs, story
from bot.store.run_row import RunRow
from bot.work import questions, telling

log = structlog.get_logger()

ASKING = frozenset({ANSWER})
"""Waits for a person, during which its check run is completed."""


async def wake(tx: AsyncConnection, row: RunRow, message: Message, *, key: str, now: float) -> str:
    """Tell a run something, once for each `key`; return what came of it."""
    if row.state is Run.FINISHED:
        return f"run {row.id} is over"
    if not await mailbox.post(tx, row.id, message, key=key, now=now):
        return f"run {row.id} was told before"
    if message.by_strangers and not row.outsiders:
        row = await runs.note(tx, row, outsiders=True)
    return await go_on(tx, row, now=now)


async def go_on(tx: AsyncConnection, row: RunRow, *, now: float) -> str:
    """Have a run go on that waits and has unread messages."""
    waits = (await story.waiting(tx, [row.id])).get(row.id, [])
    reasons = {wait.reason for wait in waits}
    unread = [message for _, message in await mailbox.unread(tx, row.id)]
    if row.state is not Run.PARKED or not unread or not reasons or reasons - WAKES:
        return f"run {row.id} hears of it in time"
    if reasons & ASKING:
        await telling.end_round(tx, row, "Answered", now=now)
    by_ci = all(message.kind == "ci" for message in unread)
    values = {
        "handoffs": row.handoffs + 1 if by_ci else 0,
        "round": row.round + 1 if reasons & ASKING else row.round,
    }
    await again(tx, row, now=now, **values)
    log.info("run.woken", run=row.id, by=sorted({message.kind for message in unread}))
    return f"run {row.id} goes on"


async def again(tx: AsyncConnection, row: RunRow, *, now: float, **values: Any) -> RunRow:
    """Have a parked run go on in another job, whatever it waited for."""
    await questions.settle(tx, row, _answered(await mailbox.unread(tx, row.id)), now=now)
    await story.met(tx, row.id)
    await outbox.forget(tx, row.id, kinds=("branch",))  # the next job makes a commit of its own
    woken = await runs.signal(tx, row, Signal.WOKEN, now=now, result=None, **values)
    await telling.tell(tx, woken, "Going on", now=now)
    return woken


def _answered(unread: Sequence[tuple[int, Message]]) -> str:
    """Say what came of a question when its run goes on."""
    people = [plain(each.by) for _, each in unread if each.kind == "answer" and each.by]
    who = " and ".join(dict.fromkeys(people))
    return f"Answered by {who}" if who else "It went on without an answer"
