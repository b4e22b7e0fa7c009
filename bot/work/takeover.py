"""Looks, before the first job of a run that goes on from another, what is still there of that.

Days may lie between: the pull request may be closed by then, and what the last job left is
whole only when that job has ended.
"""

from dataclasses import asdict
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.github.client import AtRepository
from bot.github.pulls import Pull
from bot.model.errors import Unavailable
from bot.rules.lifecycle import Compute
from bot.store import mailbox, runs
from bot.store.run_row import RunRow
from bot.work import telling
from bot.work.context import Context

ENDS = 1.0
"""Seconds after which a job is looked at again that has still to end."""

ANEW: dict[str, Any] = {"checkpoint": None, "plan": None, "verdict": None, "after": None}
"""What a run is without that begins anew."""

NO_PULL: dict[str, Any] = {
    "own_pull": None,
    "head": None,
    "head_branch": None,
    "tree": None,
}


async def take_over(context: Context, at: AtRepository, row: RunRow) -> RunRow:
    """Give a run what there is to go on with, once; return it as it is then.

    Raises:
        Unavailable: a job of the earlier run has still to end; or GitHub did not answer.
        Fenced: the run has moved on meanwhile.
    """
    if row.after is None or row.fence:
        return row
    pull = await at.pulls.get(row.own_pull) if row.own_pull else None
    async with context.store.begin() as tx:
        before = await runs.find(tx, row.after)
        if before is not None and before.compute is not Compute.NONE:
            raise Unavailable("runner", "the run before has still to end", retry_after=ENDS)
        if before is not None and before.checkpoint is not None:
            row = await runs.note(tx, row, checkpoint=asdict(before.checkpoint))
        if pull is not None and pull.state == "closed":
            row = await _without(tx, row, pull, now=context.now())
    return row


async def _without(tx: AsyncConnection, row: RunRow, pull: Pull, *, now: float) -> RunRow:
    """Forget a pull request that is closed; what was merged is done, so nothing of it is left."""
    how = "merged; beginning anew" if pull.merged else "closed; its work goes on without it"
    await telling.end_round(tx, row, f"#{pull.number} is closed", now=now)
    await runs.disown(tx, row.id, pull.number)
    if pull.merged:
        await mailbox.drop(tx, row.id, "continue", now=now)
    row = await runs.note(tx, row, **NO_PULL, **(ANEW if pull.merged else {}))
    await telling.tell(tx, row, f"#{pull.number} was {how}", now=now)
    return row
