"""Our own record of where the heads of pull requests were, and when."""

from sqlalchemy import desc, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import Sha
from bot.store.engine import insert_or_skip
from bot.store.schema import heads


async def record(tx: AsyncConnection, repo_id: int, number: int, sha: Sha, *, at: float) -> bool:
    """Remember a head from the moment on at which it was first told; False when it is known."""
    if await _latest(tx, repo_id, number) == sha:
        return False
    row = {"repo_id": repo_id, "number": number, "sha": sha, "at": at}
    added = await tx.execute(insert_or_skip(heads, tx.dialect).values(**row))
    return added.rowcount == 1


async def seen(tx: AsyncConnection, repo_id: int, number: int, *, before: float) -> Sha | None:
    """Return the head that could be seen just before a moment, in Unix seconds."""
    return await _latest(tx, repo_id, number, before)


async def _latest(
    tx: AsyncConnection, repo_id: int, number: int, before: float | None = None
) -> Sha | None:
    query = select(heads.c.sha).where(heads.c.repo_id == repo_id, heads.c.number == number)
    if before is not None:
        query = query.where(heads.c.at < before)
    return (await tx.execute(query.order_by(desc(heads.c.at)).limit(1))).scalars().first()
