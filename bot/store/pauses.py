"""Who holds runs back, and where: `all`, `owner:LOGIN`, `repo:ID`."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.facts import Pause
from bot.model.ids import Repo
from bot.store.engine import insert_or_skip
from bot.store.schema import pauses

EVERYWHERE = "all"


def scopes(repo: Repo, repo_id: int) -> Sequence[str]:
    """Name the scopes that hold a repository's runs back."""
    owner = repo.partition("/")[0].lower()
    return EVERYWHERE, f"owner:{owner}", f"repo:{repo_id}"


async def set_on(tx: AsyncConnection, pause: Pause) -> bool:
    """Hold a scope back; False when it is already."""
    row = {"scope": pause.scope, "by": pause.by, "at": pause.at}
    added = await tx.execute(insert_or_skip(pauses, tx.dialect).values(**row))
    return added.rowcount == 1


async def set_off(tx: AsyncConnection, scope: str) -> bool:
    """Let a scope's runs go on; False when nobody held them back."""
    gone = await tx.execute(delete(pauses).where(pauses.c.scope == scope))
    return gone.rowcount == 1


async def among(tx: AsyncConnection, some: Sequence[str]) -> Sequence[Pause]:
    """Return the pauses of these scopes."""
    query = select(pauses.c.scope, pauses.c.by, pauses.c.at).where(pauses.c.scope.in_(some))
    found = await tx.execute(query.order_by(pauses.c.at))
    return [Pause(scope=scope, by=by, at=at) for scope, by, at in found]
