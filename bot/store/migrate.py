"""Brings a database to the shape of `schema`, and tells cheaply whether it has it."""

from pydantic import SecretStr
from sqlalchemy import Connection, inspect, text

from bot.model.errors import Misconfigured
from bot.store.engine import Store, open_store

HEAD = "0002"
"""The newest migration in `bot/store/migrations/versions`."""

LOCK = 7_468_905
"""PostgreSQL's number of the lock that lets one process migrate at a time."""


async def migrate(url: SecretStr) -> None:
    """Apply every migration that the database lacks, all or none of them.

    Several processes may do so at once; one does the work and the others wait for it.

    Raises:
        Unavailable: the database did not answer.
    """
    store = open_store(url)
    try:
        async with store.begin() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            await connection.run_sync(_upgrade)
    finally:
        await store.close()


async def check_schema(store: Store) -> None:
    """Compare the database's migration with ours, by one small query.

    Raises:
        Misconfigured: it has not been migrated, or by another version of the app.
        Unavailable: the database did not answer.
    """
    found = await _version(store)
    if found != HEAD:
        was = f"is at migration {found}" if found else "was never migrated"
        raise Misconfigured(
            f"The database {was} and should be at {HEAD}: run `greenroom migrate`."
        )


async def _version(store: Store) -> str | None:
    async with store.read() as connection:
        if not await connection.run_sync(lambda sync: inspect(sync).has_table("alembic_version")):
            return None
        found: str | None = await connection.scalar(
            text("SELECT version_num FROM alembic_version")
        )
        return found


def _upgrade(connection: Connection) -> None:
    # Imported here: alembic takes half a second and 47 MB, and only this needs it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
