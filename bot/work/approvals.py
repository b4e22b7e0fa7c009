"""A person's yes: to a head that moved, to a plan, or to a commit before its push."""

from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.facts import Waiting
from bot.model.intents import Approve, AskAgain
from bot.model.runs import Conclusion, Message
from bot.rules import plans
from bot.rules.endings import Ending
from bot.rules.lifecycle import Run, Signal
from bot.rules.waiting import APPROVAL, APPROVED, PLAN, START, YES
from bot.rules.wording import plain
from bot.store import mailbox, runs, story
from bot.store.run_row import RunRow
from bot.work import calling, telling, waking
from bot.work.claimed import Claimed, RunsWhere
from bot.work.context import Context

LATE = "Nobody said yes in time."


async def approve(tx: AsyncConnection, intent: Approve, *, now: float) -> str:
    """Let a run go on that waits for a yes to this commit; return what came of it."""
    row = await runs.get(tx, intent.run)
    waits = (await story.waiting(tx, [row.id])).get(row.id, [])
    about = {wait.reason: wait for wait in waits if wait.about == intent.sha}
    if row.state is not Run.PARKED or YES.isdisjoint(about):
        return f"run {row.id} does not wait for a yes to {intent.sha}"
    if PLAN in about:
        return await _plan(tx, row, about[PLAN], intent, now=now)
    await telling.end_round(tx, row, "A yes was given", now=now)
    said = f"{plain(intent.by.login)} said yes to `{intent.sha[:12]}`"
    if START in about:
        await story.met(tx, row.id)
        head = {"base": intent.sha, "head": intent.sha, "tree": None, "round": row.round + 1}
        row = await runs.signal(tx, row, Signal.WOKEN, now=now, **head)
    else:
        until = about[APPROVAL].deadline
        await story.met(tx, row.id, APPROVAL)
        await story.wait(tx, row.id, APPROVED, now=now, deadline=until, about=intent.sha)
        row = await runs.note(tx, row, round=row.round + 1, next_attempt_at=now)
    await telling.tell(tx, row, said, now=now)
    return f"run {row.id} goes on"


async def _plan(
    tx: AsyncConnection, row: RunRow, wait: Waiting, intent: Approve, *, now: float
) -> str:
    """Have a run do what it has planned: from here on it may bring changes to GitHub."""
    if wait.plan is None:
        raise TypeError(f"run {row.id} waits with no plan")
    message = Message(kind="plan", text=wait.plan.text, by=intent.by.login, trusted=True, at=now)
    row = await runs.note(tx, row, plan=asdict(wait.plan))
    said = f"{plain(intent.by.login)} said yes to its plan `{intent.sha[:12]}`"
    await telling.tell(tx, row, said, now=now)
    return await waking.wake(tx, row, message, key=f"plan:{row.fence}:{intent.sha}", now=now)


async def ask_again(tx: AsyncConnection, intent: AskAgain, *, now: float) -> str:
    """Ask about the head as it is now, or have a plan made for it; return what came of it."""
    row = await runs.get(tx, intent.run)
    found = (await story.waiting(tx, [row.id])).get(row.id, [])
    waits = {each.reason: each for each in found}
    if row.state is Run.PARKED and (asked := waits.get(PLAN)):
        if asked.plan and asked.plan.sha == intent.sha:
            return f"run {row.id} has a plan for {intent.sha} already"
        return await _plan_anew(tx, row, intent, now=now)
    wait = waits.get(START)
    if row.state is not Run.PARKED or wait is None:
        return f"run {row.id} does not wait to start"
    await story.wait(tx, row.id, START, now=now, deadline=wait.deadline, about=intent.sha)
    row = await runs.note(tx, row, base=intent.sha, head=intent.sha, tree=None)
    await telling.tell(tx, row, f"The head moved to `{intent.sha[:12]}`", now=now)
    return f"run {row.id} asks about {intent.sha}"


async def _plan_anew(tx: AsyncConnection, row: RunRow, intent: AskAgain, *, now: float) -> str:
    """Have a run plan on the head as it is now; a yes was given to a plan for another."""
    message = plans.overtaken(intent.sha, now)
    await mailbox.post(tx, row.id, message, key=f"plan:{row.fence}:{intent.sha}", now=now)
    at_head = await calling.move_on(tx, row, intent.sha, now=now)
    values = {"base": intent.sha, "round": row.round + 1, "handoffs": 0}
    woken = await waking.again(tx, at_head, now=now, **values)
    await telling.tell(tx, woken, f"The head moved to `{intent.sha[:12]}`", now=now)
    return f"run {row.id} plans anew on {intent.sha}"


class Approvals:
    """Ends the runs that nobody has said yes to in time."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.step = Claimed(
            context, RunsWhere(runs.parked_for(START)), self._look, self._refused
        ).step

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
