"""What a run does when all that it made is on GitHub: it ends, or waits for CI and people."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import Sha
from bot.model.runs import Plan
from bot.rules import cinow
from bot.rules.endings import Ending
from bot.rules.lifecycle import Signal
from bot.rules.waiting import ANSWER, CI, PLAN, REVIEW
from bot.store import mailbox, runs, story
from bot.store.run_row import RunRow
from bot.work import calling, plans, telling, waking
from bot.work.warming import warm

WAITS: Mapping[str, str] = {
    CI: "CI",
    REVIEW: "a review",
    ANSWER: "an answer",
    PLAN: "a yes to it",
}
"""What can be waited for, in words."""


async def rest(  # noqa: PLR0913 - what a run may end with
    tx: AsyncConnection,
    row: RunRow,
    how: Ending,
    *,
    now: float,
    question: Mapping[str, Any] | None = None,
    plan: Plan | None = None,
) -> None:
    """Have a run wait for what its agent names; with nothing to wait for it ends.

    What has come while it delivered goes first.  `question` is what the agent asked, `plan`
    what it wants to do, for which a yes is asked before anything else: an older one is void.
    """
    await story.met(tx, row.id)
    if await mailbox.unread(tx, row.id):
        await waking.again(tx, row, now=now)
        return
    if plan is not None:
        row = await runs.note(tx, row, plan=None)
        await plans.ask(tx, row, plan, now=now)
    waits = _waits(row, asks=question is not None, plans=plan is not None)
    if not waits:
        await telling.finish(tx, row, how, now=now)
        return
    for reason in waits:
        about, asked = row.head if reason == CI else None, None
        if reason == ANSWER:
            asked = question
        elif reason == PLAN and plan is not None:
            about, asked = Sha(plan.hash), asdict(plan)
        deadline = now + row.terms.parked
        await story.wait(tx, row.id, reason, now=now, deadline=deadline, about=about, asked=asked)
    if row.head_branch and row.head:
        await warm(tx, row.installation, row.repo, row.repo_id, row.head, now=now)
    waiting = await runs.note(tx, row, next_attempt_at=now)
    words = f"{how.words[:1].upper()}{how.words[1:]}; waiting" if how.words else "Waiting"
    named_so = " and ".join(WAITS[reason] for reason in waits)
    await telling.tell(tx, waiting, f"{words} for {named_so}", now=now)


def _waits(row: RunRow, *, asks: bool, plans: bool) -> Sequence[str]:
    """Return what it waits for: for a yes to a plan alone, since other words end that too."""
    if plans:
        return [PLAN]
    return [*_named(row, asks=asks), ANSWER] if asks else _named(row, asks=False)


def _named(row: RunRow, *, asks: bool) -> list[str]:
    """Return what it waits for of what it has pushed: of a red head no news, while it asks."""
    if row.head_branch is None:
        return []
    seen = row.verdict
    known = seen is not None and seen.sha == row.head and seen.word in {"red", "flaky"}
    skipped = {CI} if asks and known else set()
    return [each for each in row.terms.agent.waits if each in {CI, REVIEW} - skipped]


async def follow(
    tx: AsyncConnection, row: RunRow, head: Sha, *, now: float, deadline: float
) -> None:
    """Have a parked run wait at the commit that somebody has put in the place of ours, or on it.

    Raises:
        Fenced: the run has moved meanwhile.
    """
    moved = await calling.move_on(tx, row, head, now=now)
    report = asdict(cinow.pushed(row.verdict, head, now))
    noted = await runs.note(tx, moved, verdict=report, next_attempt_at=now)
    await story.met(tx, row.id, CI)
    watches = CI in row.terms.agent.waits
    if watches:
        await story.wait(tx, row.id, CI, now=now, deadline=deadline, about=head)
    what = "its CI" if watches else "a review of it"
    words = f"Somebody has pushed `{head[:9]}`; waiting for {what}"
    await telling.tell(tx, noted, words, now=now)


async def met(tx: AsyncConnection, row: RunRow, reason: str, how: Ending, *, now: float) -> str:
    """Take one wait of a parked run for met; when it was the last one, the run ends.

    Return what came of it.
    """
    if not await story.met(tx, row.id, reason):
        return f"run {row.id} does not wait for {reason}"
    left = (await story.waiting(tx, [row.id])).get(row.id, [])
    if left:
        await telling.tell(tx, row, how.words, now=now)
        return f"run {row.id} still waits"
    if await mailbox.unread(tx, row.id):
        await waking.again(tx, row, now=now)
        return f"run {row.id} goes on"
    settled = Ending(signal=Signal.SETTLED, conclusion=how.conclusion, words=how.words)
    await telling.finish(tx, row, settled, now=now)
    return f"run {row.id} is settled"
