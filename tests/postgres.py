"""A PostgreSQL of our own, for as long as the tests run; a conftest imports its fixtures."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

NOBODY = 65534
QUICK = "-c fsync=off -c full_page_writes=off -c listen_addresses= -c max_connections=100"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a PostgreSQL of our own; tests make databases of their own in it."""
    if missing := [name for name in ("initdb", "pg_ctl") if not shutil.which(name)]:
        pytest.skip(f"PostgreSQL: {missing[0]} is not on PATH")
    with owned_folder() as (folder, user):
        data = folder / "data"

        def run(*argv: str) -> None:
            subprocess.run(argv, user=user, cwd=folder, check=True, capture_output=True)

        run("initdb", "-D", str(data), "-U", "greenroom", "-A", "trust", "-E", "UTF8", "-N")
        log = str(folder / "log")
        run("pg_ctl", "start", "-w", "-D", str(data), "-l", log, "-o", f"{QUICK} -k {folder}")
        try:
            yield f"postgresql+asyncpg://greenroom@/postgres?host={folder}"
        finally:
            run("pg_ctl", "stop", "-m", "immediate", "-D", str(data))


@contextmanager
def owned_folder() -> Iterator[tuple[Path, int | None]]:
    """Make a short-named folder, owned by somebody without rights when we are root."""
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as name:
        folder, user = Path(name), None
        if os.geteuid() == 0:
            user = NOBODY
            os.chown(folder, user, user)
        yield folder, user


@asynccontextmanager
async def new_database(postgres_url: str) -> AsyncIterator[SecretStr]:
    """Make an empty database while the block runs; gives its address."""
    name = f"test_{os.urandom(6).hex()}"
    server = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
    await server.execute(f"CREATE DATABASE {name}")
    try:
        yield SecretStr(postgres_url.replace("/postgres?", f"/{name}?"))
    finally:
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await server.close()


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[SecretStr]:
    """The address of an empty database on PostgreSQL."""
    async with new_database(postgres_url) as address:
        yield address
