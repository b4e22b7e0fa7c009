import asyncio
import socket
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from bot.store.engine import open_store
from tests.store.rows import arrive


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Nobody looks again by himself, so that only a change can have woken him."""
    monkeypatch.setattr("bot.store.changes.PATIENCE", 3600.0)


@asynccontextmanager
async def listening(store):
    """Listen as a process does, from the moment that a change is heard."""
    task = asyncio.create_task(store.changes.listen())
    other = open_store(SecretStr(store.engine.url.render_as_string(hide_password=False)))
    before = store.changes.count
    async with asyncio.timeout(60):
        while store.changes.count == before:
            other.changes.announce() if sqlite(store) else await commit(other)
            await asyncio.sleep(0.01)
    yield other
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await other.close()


def sqlite(store):
    return store.engine.dialect.name == "sqlite"


async def commit(store):
    async with store.begin():
        pass


async def test_a_commit_of_another_process_is_heard(store):
    async with listening(store) as other:
        heard = asyncio.create_task(store.changes.wait(store.changes.count))
        await asyncio.sleep(0)
        await arrive(other, ("g1", "a"))
        async with asyncio.timeout(30):
            await heard


async def test_who_missed_a_change_does_not_wait_for_the_next(store):
    seen = store.changes.count
    await commit(store)
    assert store.changes.count == seen + 1
    async with asyncio.timeout(30):
        await store.changes.wait(seen)


async def test_a_transaction_that_failed_announces_nothing(store):
    seen = store.changes.count
    with pytest.raises(ZeroDivisionError):
        async with store.begin():
            raise ZeroDivisionError
    async with store.read():
        pass
    assert store.changes.count == seen


async def test_the_bell_of_a_dead_process_is_removed(store):
    if not sqlite(store):
        pytest.skip("PostgreSQL keeps its own bells")
    async with listening(store) as other:
        folder = other.changes._sockets
        dead = folder / "1"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
            bell.bind(str(dead))
        await commit(other)
        assert not dead.exists()
        assert len(list(folder.iterdir())) == 1
    assert list(folder.iterdir()) == []
