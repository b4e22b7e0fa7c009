"""Databases that cost a test little: copies of a migrated one, which wait for no disk."""

from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import event, make_url

from bot.store.engine import Store, open_store
from bot.store.migrate import migrate

_first: list[bytes] = []


async def migrated(url: SecretStr) -> None:
    """Bring an empty database to the newest shape."""
    address = make_url(url.get_secret_value())
    if address.get_backend_name() != "sqlite":
        await migrate(url)
    elif _first:
        _copy(Path(address.database))
    else:
        await migrate(url)
        _keep(Path(address.database))


def opened(url: SecretStr) -> Store:
    """Open a store whose commits are not brought to the disk: tests cut no power."""
    store = open_store(url)
    if store.engine.dialect.name == "sqlite":
        event.listen(store.engine.sync_engine, "connect", _hurry)
    return store


def _hurry(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()


def _keep(file: Path) -> None:
    assert not file.with_name(f"{file.name}-wal").exists(), "not all of it is in the file"
    _first.append(file.read_bytes())


def _copy(file: Path) -> None:
    file.write_bytes(_first[0])
