"""A person's yes: to a head that moved before a run starts, or to a commit before its push."""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.intents import Approve, AskAgain
from bot.model.runs import Conclusion
from bot.rules.endings import Ending
from bot.rules.lifecycle import Run, Signal
from bot.rules.waiting import APPROVAL, APPROVED, START
from bot.rules.wording import plain
from bot.store import runs, story
from bot.store.run_row import RunRow
from bot.work import telling
from bot.work.claimed import ClaimedRuns
from bot.work.context import Context

LATE = "Nobody said yes in time."


async def approve(tx: AsyncConnection, intent: Approve, *, now: float) -> str:
    """Let a run go on that waits for a yes to this commit; return what came of it."""
    row = await runs.get(tx, intent.run)
    waits = (await story.waiting(tx, [row.id])).get(row.id, [])
    reasons = {wait.reason for wait in waits if wait.about == intent.sha}
    if row.state is not Run.PARKED or reasons.isdisjoint({START, APPROVAL}):
        return f"run {row.id} does not wait for a yes to {intent.sha}"
    await telling.end_round(tx, row, "A yes was given", now=now)
    said = f"{plain(intent.by.login)} said yes to `{intent.sha[:12]}`"
    if START in reasons:
        await story.met(tx, row.id)
        head = {"base": intent.sha, "head": intent.sha, "round": row.round + 1}
        row = await runs.signal(tx, row, Signal.WOKEN, now=now, **head)
    else:
        (wait,) = (each for each in waits if each.reason == APPROVAL)
        await story.met(tx, row.id, APPROVAL)
        await story.wait(tx, row.id, APPROVED, now=now, deadline=wait.deadline, about=intent.sha)
        row = await runs.note(tx, row, round=row.round + 1, next_attempt_at=now)
    await telling.tell(tx, row, said, now=now)
    return f"run {row.id} goes on"


async def ask_again(tx: AsyncConnection, intent: AskAgain, *, now: float) -> str:
    """Ask about the head as it is now; return what came of it."""
    row = await runs.get(tx, intent.run)
    waits = (await story.waiting(tx, [row.id])).get(row.id, [])
    wait = next((each for each in waits if each.reason == START), None)
    if row.state is not Run.PARKED or wait is None:
        return f"run {row.id} does not wait to start"
    await story.wait(tx, row.id, START, now=now, deadline=wait.deadline, about=intent.sha)
    row = await runs.note(tx, row, base=intent.sha, head=intent.sha)
    await telling.tell(tx, row, f"The head moved to `{intent.sha[:12]}`", now=now)
    return f"run {row.id} asks about {intent.sha}"


class Approvals:
    """Ends the runs that nobody has said yes to in time."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.step = ClaimedRuns(context, runs.parked_for(START), self._look, self._refused).step

    async def _look(self, row: RunRow) -> float:
        """Return the seconds until its deadline, or end the run."""
        now = self._context.now()
        async with self._context.store.read() as rows:
            waits = (await story.waiting(rows, [row.id])).get(row.id, [])
        left = min((each.deadline for each in waits), default=now) - now
        if left <= 0:
            await self._end(row, Signal.EXPIRED, Conclusion.TIMED_OUT, LATE)
        return max(left, 0.0)

    async def _refused(self, row: RunRow, words: str) -> None:
        await self._end(row, Signal.FAILED, Conclusion.FAILURE, words)

    async def _end(self, row: RunRow, what: Signal, conclusion: Conclusion, words: str) -> None:
        how = Ending(signal=what, conclusion=conclusion, words=words)
        async with self._context.store.begin() as tx:
            await telling.finish(tx, row, how, now=self._context.now())
