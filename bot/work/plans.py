"""The comments by which runs ask for a yes to their plans, and what becomes of them."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.facts import Waiting
from bot.model.priorities import Priority
from bot.model.runs import Plan
from bot.rules import plans
from bot.rules.plans import Asked
from bot.store import outbox
from bot.store.outbox import Wish
from bot.store.run_row import RunRow


async def ask(tx: AsyncConnection, row: RunRow, plan: Plan, *, now: float) -> None:
    """Ask whoever may write here for a yes to a plan, and call who asked for the run."""
    body = plans.asking(_asked(row, plan), seconds=row.terms.parked)
    await outbox.wish(tx, _comment(row, body), now=now)


async def settle(
    tx: AsyncConnection, row: RunRow, waits: Sequence[Waiting], words: str, *, now: float
) -> None:
    """Have the comment with the plan that a run waits with say what came of it."""
    for plan in (wait.plan for wait in waits if wait.plan):
        body = plans.settled(_asked(row, plan), words)
        await outbox.wish(tx, _comment(row, body), now=now)


def _asked(row: RunRow, plan: Plan) -> Asked:
    return Asked(
        run=row.id,
        fence=row.fence,
        agent=row.agent,
        prefix=row.terms.prefix,
        command=row.terms.command,
        asked_by=row.asked_by,
        plan=plan,
    )


def _comment(row: RunRow, body: str) -> Wish:
    marker = plans.plan_marker(row.id, row.fence)
    return Wish(
        target=f"plan:{row.fence}:{row.id}",
        kind="comment",
        run=row.id,
        installation=row.installation,
        repo=row.repo,
        wish={"number": row.number, "body": body, "marker": marker},
        priority=Priority.RESULT,
    )
