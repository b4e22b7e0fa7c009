"""Messages to runs: one that waits goes on with them, one at work hears of them in time.

A message is a row before anything else.  Neither parking nor ending well is possible while
one is unread, so it makes no difference which of the two was committed first.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.runs import Message, MessageKind
from bot.rules.lifecycle import Run, Signal
from bot.rules.plans import is_void
from bot.rules.waiting import ANSWER, PLAN, WAKES
from bot.rules.wording import plain
from bot.store import mailbox, outbox, runs, story
from bot.store.run_row import RunRow
from bot.work import plans, questions, telling

log = structlog.get_logger()

ASKING = frozenset({ANSWER, PLAN})
"""Waits for a person, during which its check run is completed."""

SAID: Mapping[MessageKind, str] = {
    "answer": "the answer",
    "review": "the review",
    "steer": "the words",
}
"""What people say to a run that goes on with it."""


async def wake(tx: AsyncConnection, row: RunRow, message: Message, *, key: str, now: float) -> str:
    """Tell a run something, once for each `key`; return what came of it."""
    if row.state is Run.FINISHED:
        return f"run {row.id} is over"
    if not await mailbox.post(tx, row.id, message, key=key, now=now):
        return f"run {row.id} was told before"
    if message.by_strangers and not row.outsiders:
        row = await runs.note(tx, row, outsiders=True)
    if row.plan and is_void(message.kind, pushed=row.head_branch is not None):
        row = await runs.note(tx, row, plan=None)
        await mailbox.drop(tx, row.id, "plan", now=now)
    return await go_on(tx, row, now=now)


async def go_on(tx: AsyncConnection, row: RunRow, *, now: float) -> str:
    """Have a run go on that waits and has unread messages."""
    waits = (await story.waiting(tx, [row.id])).get(row.id, [])
    reasons = {wait.reason for wait in waits}
    kinds = {message.kind for _, message in await mailbox.unread(tx, row.id)}
    if row.state is not Run.PARKED or not kinds or not reasons or reasons - WAKES:
        return f"run {row.id} hears of it in time"
    if reasons & ASKING:
        await telling.end_round(tx, row, _ended(kinds), now=now)
    await again(
        tx,
        row,
        now=now,
        handoffs=row.handoffs + 1 if kinds == {"ci"} else 0,
        round=row.round + 1 if reasons & ASKING else row.round,
    )
    log.info("run.woken", run=row.id, by=sorted(kinds))
    return f"run {row.id} goes on"


async def again(tx: AsyncConnection, row: RunRow, *, now: float, **values: Any) -> RunRow:
    """Have a parked run go on in another job, whatever it waited for."""
    unread = [message for _, message in await mailbox.unread(tx, row.id)]
    waits = (await story.waiting(tx, [row.id])).get(row.id, [])
    await questions.settle(tx, row, _answered(unread), now=now)
    await plans.settle(tx, row, waits, _approved(unread), now=now)
    await story.met(tx, row.id)
    await outbox.forget(tx, row.id, kinds=("branch",))  # the next job makes a commit of its own
    woken = await runs.signal(tx, row, Signal.WOKEN, now=now, result=None, **values)
    await telling.tell(tx, woken, _went_on(unread), now=now)
    return woken


def _ended(kinds: Collection[MessageKind]) -> str:
    """Say what came of the check run on which a person was asked."""
    if "plan" in kinds:
        return "A yes was given"
    return "Answered" if "answer" in kinds else "Went on"


def _went_on(unread: Sequence[Message]) -> str:
    """Say whose words a run goes on with; of all else its story has told already."""
    heard = [f"{what} of {who}" for kind, what in SAID.items() if (who := _people(unread, kind))]
    return f"Going on with {' and '.join(heard)}" if heard else "Going on"


def _answered(unread: Sequence[Message]) -> str:
    """Say what came of a question when its run goes on."""
    who = _people(unread, "answer")
    return f"Answered by {who}" if who else "It went on without an answer"


def _approved(unread: Sequence[Message]) -> str:
    """Say what came of a plan then."""
    who = _people(unread, "plan")
    return (
        f"{who} said yes to it" if who else "it went on without a yes, another plan needs its own"
    )


def _people(unread: Sequence[Message], kind: MessageKind) -> str:
    people = [plain(each.by) for each in unread if each.kind == kind and each.by]
    return " and ".join(dict.fromkeys(people))
