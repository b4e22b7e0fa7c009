"""What becomes of a run whose changes GitHub does not take, or not where they were to go."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import Sha
from bot.model.runs import Message
from bot.rules import wording
from bot.rules.delivering import GiveUp, Moved, after_move, moved, taken
from bot.rules.markdown import quiet
from bot.rules.waiting import APPROVED
from bot.store import mailbox, outbox, runs
from bot.store.outbox import OutboxRow
from bot.store.run_row import RunRow
from bot.work import calling, telling, threads, waking
from bot.work.context import Context
from bot.work.progress import Seen

OVERTAKEN = "somebody has pushed since, it is made anew"


class Setbacks:
    """Has runs go on whose changes were refused, as far as that makes sense."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def meet(self, row: RunRow, seen: Seen) -> str:
        """Go on where somebody else has pushed; of another refusal tell the agent.

        Return the words with which the run fails; empty when it goes on.
        """
        branch = seen.wishes.get("branch")
        if branch and branch.refused == moved(branch.wish["branch"]):
            return await self._moved(row, seen)
        in_time = not seen.standing(self._context.now()).late
        if branch and in_time and branch.refused == taken(branch.wish["branch"]):
            await self._rename(row, branch)
            return ""
        words = f"GitHub refused it: {seen.refusal}"
        if row.handoffs >= row.terms.handoffs or "ci" not in row.terms.agent.waits:
            return words
        now = self._context.now()
        message = Message(kind="refused", text=quiet(words), at=now)
        async with self._context.store.begin() as tx:
            await runs.unmoved(tx, row)
            await self._again(tx, row, message, words)
        return ""

    async def _rename(self, row: RunRow, branch: OutboxRow) -> None:
        """Push to a branch of the next number: somebody else has one of that name."""
        name = wording.next_branch(branch.wish["branch"])
        async with self._context.store.begin() as tx:
            named = await runs.note(tx, row, head_branch=name)
            wish = telling.wish_of(named, "branch", **{**branch.wish, "branch": name})
            await outbox.wish(tx, wish, now=self._context.now())

    async def _moved(self, row: RunRow, seen: Seen) -> str:
        """Go on from where the branch stands now, with the work of this job merged onto it."""
        onto = Sha(seen.branch.wish["onto"])
        now = await self._look_at_branch(row, seen.branch.wish["branch"], onto)
        terms = row.terms
        step = after_move(now, handoffs=row.handoffs, most=terms.handoffs, prefix=terms.prefix)
        if isinstance(step, GiveUp):
            return step.words
        at = self._context.now()
        message = Message(kind="push", text=step.message, at=at)
        async with self._context.store.begin() as tx:
            await runs.unmoved(tx, row)
            if yes := seen.waits.get(APPROVED):
                await telling.settle(tx, row, Sha(yes.about or ""), OVERTAKEN, now=at)
            at_head = await calling.move_on(tx, row, step.head, now=at)
            if row.plan and row.plan.sha == onto:  # a yes to a plan is one for this commit alone
                at_head = await runs.note(tx, at_head, plan=None)
            await self._again(tx, at_head, message, step.told)
        return ""

    async def _look_at_branch(self, row: RunRow, branch: str, onto: Sha) -> Moved:
        commits = self._context.github.at(row.installation, row.repo).commits
        head = await commits.tip(f"refs/heads/{branch}")
        kept = head is None or await commits.follows(head, onto)
        return Moved(branch=branch, head=head, kept=kept)

    async def _again(self, tx: AsyncConnection, row: RunRow, message: Message, told: str) -> None:
        """Have a run that could not deliver go on in another job, told why.

        That job is told once more of the threads which are still to be answered.
        """
        now = self._context.now()
        message = replace(message, texts=tuple(await threads.told_of(tx, row)))
        await mailbox.post(tx, row.id, message, key=f"{message.kind}:{row.fence}", now=now)
        await telling.tell(tx, row, told, now=now)
        # nothing of it is on GitHub under a name that was to be new
        branch = row.head_branch if row.on_branch else None
        await waking.again(tx, row, now=now, handoffs=row.handoffs + 1, head_branch=branch)
