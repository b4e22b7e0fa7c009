"""What becomes of a connection whose transaction has ended, however it has."""

import asyncio
import sqlite3

import pytest
from sqlalchemy import make_url, text

from bot.store.engine import open_store

OTHERS_WAIT = 0.1  # seconds
ROUNDS = 50
"""Rounds of the event loop within which a writer has asked for the lock."""


@pytest.fixture
async def store(sqlite):
    store = open_store(sqlite)
    async with store.begin() as tx:
        await tx.execute(text("CREATE TABLE notes (words TEXT)"))
    yield store
    await store.close()


@pytest.fixture
def other(store):
    """A connection of another process."""
    file = make_url(store.engine.url).database
    connection = sqlite3.connect(file, timeout=OTHERS_WAIT, isolation_level=None)
    yield connection
    connection.close()


async def write(store, then=lambda: None):
    async with store.begin() as tx:
        await tx.execute(text("INSERT INTO notes VALUES ('mine')"))
        then()


def is_free(other):
    """See that nobody has the lock, and say how many notes there are."""
    other.execute("BEGIN IMMEDIATE")
    (notes,) = other.execute("SELECT count(*) FROM notes").fetchone()
    other.execute("ROLLBACK")
    return notes


async def test_what_is_committed_stays_and_the_lock_is_free(store, other):
    await write(store)
    assert is_free(other) == 1


@pytest.mark.parametrize("problem", [ValueError, asyncio.CancelledError])
async def test_what_fails_is_taken_back_and_the_lock_is_free(store, other, problem):
    def fails():
        raise problem

    with pytest.raises(problem):
        await write(store, fails)
    assert is_free(other) == 0


async def test_who_only_reads_leaves_nothing_open(store, other):
    async with store.read() as tx:
        await tx.execute(text("SELECT * FROM notes"))
    await write(store)
    (busy, *_) = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert busy == 0


async def test_who_is_called_off_while_it_waits_for_the_lock_never_holds_it(store, other):
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(write(store))
    for _ in range(ROUNDS):
        await asyncio.sleep(0)
    waiting.cancel()
    other.execute("COMMIT")
    await asyncio.wait([waiting])
    await write(store)
    assert is_free(other) == 1
