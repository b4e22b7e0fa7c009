"""What the last job of each run left: written under its fence, forgotten some time after."""

from dataclasses import asdict

from sqlalchemy import ColumnElement, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.runs import Checkpoint
from bot.rules.lifecycle import Run
from bot.store import runs
from bot.store.run_row import RunRow
from bot.store.schema import runs as table


async def keep(tx: AsyncConnection, row: RunRow, left: Checkpoint) -> None:
    """Write down what the current job of a run has left.

    Raises:
        Fenced: the run has moved since `row` was read.
    """
    await runs.note(tx, row, checkpoint=asdict(left))


async def forget(tx: AsyncConnection, *, before: float) -> int:
    """Forget what runs left that finished before some time; return how many did."""
    old = (table.c.state == Run.FINISHED, table.c.changed_at < before)
    found = await tx.execute(select(table.c.id, table.c.checkpoint).where(*old, _left()))
    forgotten = [run for run, left in found if left is not None]
    if forgotten:
        where = table.c.id.in_(forgotten)
        await tx.execute(update(table).where(where).values(checkpoint=null()))
    return len(forgotten)


async def blobs(tx: AsyncConnection) -> frozenset[str]:
    """Return the blobs that some run may still want."""
    found = (await tx.execute(select(table.c.checkpoint).where(_left()))).scalars()
    named = (left.get(part) for left in found if left for part in ("work", "session"))
    return frozenset(name for name in named if name)


def _left() -> ColumnElement[bool]:
    return table.c.checkpoint.is_not(None)
