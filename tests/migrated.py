"""Databases that are migrated already: the first of a test run is, the others are its copies."""

from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import make_url

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


def _keep(file: Path) -> None:
    assert not file.with_name(f"{file.name}-wal").exists(), "not all of it is in the file"
    _first.append(file.read_bytes())


def _copy(file: Path) -> None:
    file.write_bytes(_first[0])
