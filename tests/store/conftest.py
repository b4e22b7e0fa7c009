from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.store.engine import Store
from tests.migrated import migrated, opened
from tests.postgres import postgres, postgres_url

__all__ = ["postgres", "postgres_url"]


@pytest.fixture
def sqlite(tmp_path: Path) -> SecretStr:
    """The address of an empty database on SQLite."""
    return SecretStr(f"sqlite+aiosqlite:///{tmp_path}/greenroom.db")


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest) -> SecretStr:
    """The address of an empty database, of each kind in turn."""
    url: SecretStr = request.getfixturevalue(request.param)
    return url


@pytest.fixture
async def bare(empty: SecretStr) -> AsyncIterator[Store]:
    """A store without tables, on each kind of database in turn."""
    store = opened(empty)
    yield store
    await store.close()


@pytest.fixture
async def store(empty: SecretStr, bare: Store) -> Store:
    """A migrated store, on each kind of database in turn."""
    await migrated(empty)
    return bare
