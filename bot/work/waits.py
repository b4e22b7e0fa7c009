"""Looks after the runs that wait for CI or for people, until what they wait for comes or is late.

They hold nothing meanwhile: each is a row with the moment at which it is looked at again.
"""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.facts import Waiting
from bot.model.priorities import Priority
from bot.model.runs import Conclusion
from bot.rules import deadlines, rounds
from bot.rules.endings import Ending
from bot.rules.lifecycle import Signal
from bot.rules.waiting import CI, REVIEW
from bot.rules.wording import ASKING
from bot.store import outbox, runs, story
from bot.store.due import resting
from bot.store.outbox import Wish
from bot.store.run_row import RunRow
from bot.work import telling
from bot.work.claimed import Claimed, RunsWhere
from bot.work.context import Context

Look = Callable[[RunRow, Waiting], Awaitable[float]]
"""Looks after one wait of a run, and returns the seconds until the next look."""


class Waits:
    """Looks at CI, reminds people once, and ends what waits for too long."""

    def __init__(self, context: Context, look_at_ci: Look) -> None:
        self._context = context
        self._look_at_ci = look_at_ci
        self.step = Claimed(context, RunsWhere(resting()), self._look, self._refused).step

    async def _look(self, row: RunRow) -> float:
        now = self._context.now()
        async with self._context.store.read() as rows:
            waits = (await story.waiting(rows, [row.id])).get(row.id, [])
        if late := [each for each in waits if each.deadline <= now]:
            await self._end(row, Signal.EXPIRED, Conclusion.TIMED_OUT, _last_words(late))
            return 0.0
        await self._remind(row, [each for each in waits if deadlines.reminds_at(each) <= now])
        row = await self._renewed(row, waits)
        moments = [rounds.next_round_at(row.changed_at, now)]
        moments += [deadlines.reminds_at(each) for each in waits]
        moments += [each.deadline for each in waits]
        following = min((each for each in moments if each > now), default=now) - now
        for wait in waits:
            if wait.reason == CI:
                following = min(following, await self._look_at_ci(row, wait))
        return following

    async def _remind(self, row: RunRow, waits: Sequence[Waiting]) -> None:
        now = self._context.now()
        for wait in waits:
            if wait.reason not in deadlines.WANTED:
                continue
            async with self._context.store.begin() as tx:
                await runs.unmoved(tx, row)
                if await story.remind(tx, row.id, wait.reason, now=now):
                    await _call(tx, row, wait, now)

    async def _renewed(self, row: RunRow, waits: Sequence[Waiting]) -> RunRow:
        """Complete a check run that GitHub would take for stale, and begin another."""
        now = self._context.now()
        due = rounds.rounds(row.changed_at, now)
        asks = any(each.reason in ASKING for each in waits)  # then it is completed already
        if not due or asks or row.head is None:
            return row
        async with self._context.store.begin() as tx:
            await runs.unmoved(tx, row)
            key = f"round:{row.fence}:{due}"
            if not await story.tell_once(tx, row.id, rounds.WORDS, now=now, key=key):
                return row
            await telling.end_round(tx, row, rounds.WORDS, now=now)
            renewed = await runs.note(tx, row, round=row.round + 1)
            await telling.refresh(tx, renewed, now=now)
        return renewed

    async def _refused(self, row: RunRow, words: str) -> None:
        await self._end(row, Signal.FAILED, Conclusion.FAILURE, words)

    async def _end(self, row: RunRow, what: Signal, conclusion: Conclusion, words: str) -> None:
        how = Ending(signal=what, conclusion=conclusion, words=words)
        async with self._context.store.begin() as tx:
            await telling.finish(tx, row, how, now=self._context.now())


def _last_words(late: Sequence[Waiting]) -> str:
    return " ".join(map(deadlines.last_words, late))


async def _call(tx: AsyncConnection, row: RunRow, wait: Waiting, now: float) -> None:
    """Write a comment of its own, since an edited one notifies nobody."""
    seen = await telling.view(tx, row)
    wish = Wish(
        target=f"reminder:{wait.reason}:{wait.since:.0f}:{row.id}",
        kind="comment",
        run=row.id,
        installation=row.installation,
        repo=row.repo,
        wish={
            "number": (row.own_pull if wait.reason == REVIEW else None) or row.number,
            "body": deadlines.reminder(seen, wait, now),
            "marker": deadlines.reminder_marker(row.id, wait),
        },
        priority=Priority.RESULT,
    )
    await outbox.wish(tx, wish, now=now)
    await telling.tell(tx, row, "Reminded of what it waits for", now=now)
