"""What every process is built from: its settings, its log, its store."""

import fcntl
import json
import logging
import os
import secrets
import sys
from collections.abc import AsyncIterator, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TextIO

import structlog

from bot.clocks import system_clock
from bot.model.clock import Clock
from bot.model.errors import Misconfigured
from bot.model.settings import Process, Settings, read_settings
from bot.store.engine import Store, open_store
from bot.store.migrate import check_schema

TOKEN_BYTES = 32
"""Bytes of randomness in a launch or run token."""


def settings_for(*needs: Process) -> Settings:
    """Read this machine's settings for some processes, and make the data folder.

    Raises:
        Misconfigured: naming the variable, or the folder that cannot be used.
    """
    settings = read_settings(os.environ, frozenset(needs))
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        settings.home.chmod(0o700)  # the database and the gateway's socket rely on it
    except OSError as problem:
        words = f"GREENROOM_HOME is wrong: {settings.home} cannot be used ({problem.strerror})."
        raise Misconfigured(words) from None
    return settings


def configure_logs(file: TextIO = sys.stderr) -> None:
    """Write one line of JSON for each event."""
    encode = json.JSONEncoder(default=repr, check_circular=False).encode

    def render(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
        # structlog's own renderer makes an encoder for each line, at three times the cost.
        return encode(event)

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=file),
        cache_logger_on_first_use=True,
    )


def clock_of(settings: Settings) -> Clock:
    """Return the machine's clock, moved by the file that the settings name."""
    return system_clock(settings.clock)


def token() -> str:
    """Make an unguessable text."""
    return secrets.token_urlsafe(TOKEN_BYTES)


@asynccontextmanager
async def open_checked(settings: Settings) -> AsyncIterator[Store]:
    """Open the database and see that it has the tables of this version."""
    store = open_store(settings.database_url)
    try:
        await check_schema(store)
        yield store
    finally:
        await store.close()


@contextmanager
def alone(settings: Settings, store: Store) -> Iterator[bool]:
    """Hold the place of the one worker of an embedded database while the block runs.

    Gives False for a server's database, which many workers share.

    Raises:
        Misconfigured: another worker has the place.
    """
    if store.engine.dialect.name != "sqlite":
        yield False
        return
    with (settings.home / "work.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            words = f"another worker uses {settings.home}; several need PostgreSQL."
            raise Misconfigured(f"GREENROOM_HOME is wrong: {words}") from None
        yield True
