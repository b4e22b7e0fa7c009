"""Where the app is installed and what it may do there."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import InstallationId
from bot.model.intents import RecordInstallation
from bot.store.engine import upsert
from bot.store.schema import installations


async def record(tx: AsyncConnection, what: RecordInstallation) -> None:
    """Keep the newest of what is known of an installation."""
    values = {
        "account": what.account,
        "permissions": dict(what.permissions),
        "active": what.active,
    }
    insert = upsert(installations, tx.dialect).values(id=what.installation, **values)
    await tx.execute(insert.on_conflict_do_update(index_elements=["id"], set_=values))


async def active(tx: AsyncConnection, installation: InstallationId) -> bool:
    """Tell whether the app may act; one never heard of is asked on GitHub's side."""
    query = select(installations.c.active).where(installations.c.id == installation)
    found = (await tx.execute(query)).scalars().first()
    return True if found is None else found
