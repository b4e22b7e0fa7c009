"""Where the app is installed and what it may do there."""

from sqlalchemy.ext.asyncio import AsyncConnection

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
