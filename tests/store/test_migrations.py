import asyncio
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import Connection, text

from bot.model.errors import Misconfigured, Unavailable
from bot.store.engine import Store
from bot.store.migrate import HEAD, check_schema, migrate
from bot.store.schema import metadata

SQLITE = "SELECT type, name, sql FROM sqlite_schema WHERE tbl_name <> 'alembic_version'"
POSTGRES = """
SELECT 'index', indexname::text, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND tablename <> 'alembic_version'
UNION ALL SELECT 'column', table_name || '.' || column_name,
  concat_ws(' ', data_type, is_nullable, column_default, is_identity)
FROM information_schema.columns
WHERE table_schema = 'public' AND table_name <> 'alembic_version'
UNION ALL SELECT 'constraint', conname::text, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass
"""


async def shape(store: Store) -> set[frozenset[str]]:
    """Return all that the database itself says about our tables, whatever the order."""
    query = SQLITE if store.engine.dialect.name == "sqlite" else POSTGRES
    async with store.read() as connection:
        rows = await connection.execute(text(query))
        # alembic writes a default that is an expression in brackets, for SQLite's sake
        texts = ("\n".join(map(str, row)).replace("(false)", "false") for row in rows)
        lines = (each.splitlines() for each in texts)
        return {frozenset(line.strip("\t ,") for line in each) for each in lines}


async def test_the_steps_lead_to_exactly_the_tables_of_the_schema(store: Store):
    migrated = await shape(store)
    async with store.begin() as connection:
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)
    assert migrated == await shape(store)


async def test_alembic_sees_nothing_left_to_do(store: Store):
    def differences(connection: Connection) -> Any:
        options = {"compare_type": True, "compare_server_default": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    async with store.read() as connection:
        assert await connection.run_sync(differences) == []


def test_the_newest_step_is_the_one_that_the_app_asks_for():
    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


async def test_an_empty_database_is_told_from_a_migrated_one(bare: Store, empty: SecretStr):
    with pytest.raises(Misconfigured, match=r"never migrated .* run `greenroom migrate`"):
        await check_schema(bare)
    await migrate(empty)
    await check_schema(bare)


async def test_the_database_of_another_version_is_refused(store: Store):
    async with store.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Misconfigured, match="is at migration 9999 and should be at"):
        await check_schema(store)


async def test_replicas_may_migrate_at_once_and_again(empty: SecretStr):
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(migrate(empty))
    await migrate(empty)


async def test_a_database_that_is_away_is_unavailable(tmp_path: Path):
    with pytest.raises(Unavailable):
        await migrate(SecretStr(f"sqlite+aiosqlite:///{tmp_path}/no/such/folder/db"))
    # The driver's thread answers into this test's loop, which must still be there.
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            thread.join(5)


def test_checking_the_schema_does_not_import_alembic():
    code = "import sys, bot.store.migrate; print('alembic' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("False\n", "")
