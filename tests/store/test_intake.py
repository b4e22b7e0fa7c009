import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text

from bot.model.errors import Refused, Unavailable
from bot.model.ids import DeliveryGuid, OrderingKey
from bot.store.engine import Store, insert_or_skip, open_store
from bot.store.intake import Intake
from bot.store.migrate import migrate
from bot.store.schema import deliveries, delivery_bodies

CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND datname = current_database()
"""
KEY = OrderingKey("repo:1#7")


def guid() -> DeliveryGuid:
    return DeliveryGuid(str(uuid4()))


@asynccontextmanager
async def running(intake: Intake) -> AsyncIterator[Intake]:
    task = asyncio.create_task(intake.run())
    try:
        yield intake
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
async def intake(store: Store) -> AsyncIterator[Intake]:
    async with running(Intake(store)) as intake:
        yield intake


async def bodies(store: Store) -> dict[str, bytes]:
    columns = deliveries.c.guid, delivery_bodies.c.body
    query = select(*columns).join_from(
        deliveries, delivery_bodies, deliveries.c.guid == delivery_bodies.c.guid
    )
    async with store.read() as connection:
        return {row.guid: row.body for row in await connection.execute(query)}


async def test_a_delivery_is_in_the_database_when_keep_returns(store: Store, intake: Intake):
    name = guid()
    await intake.keep(name, "issues", KEY, b"{}", 12.5)
    async with store.read() as connection:
        row = (await connection.execute(select(deliveries))).one()
    assert (row.guid, row.event, row.ordering_key, row.received_at, row.state) == (
        (name, "issues", KEY, 12.5, "waiting")
    )
    assert await bodies(store) == {name: b"{}"}


async def test_a_delivery_that_came_before_stays_as_it_was(store: Store, intake: Intake):
    name = guid()
    await intake.keep(name, "issues", KEY, b"first", 1.0)
    await intake.keep(name, "issues", KEY, b"again", 2.0)
    assert await bodies(store) == {name: b"first"}


async def test_the_same_delivery_twice_in_one_group_is_one_row(store: Store, intake: Intake):
    name = guid()
    async with asyncio.TaskGroup() as group:
        for body in (b"first", b"again"):
            group.create_task(intake.keep(name, "issues", KEY, body, 1.0))
    assert await bodies(store) == {name: b"first"}


async def test_many_at_once_share_few_commits(store: Store, intake: Intake):
    async with asyncio.TaskGroup() as group:
        for _ in range(200):
            group.create_task(intake.keep(guid(), "push", KEY, b"{}", 1.0))
    assert store.changes.count <= 2
    assert len(await bodies(store)) == 200


async def test_rows_are_numbered_in_the_order_of_their_arrival(store: Store, intake: Intake):
    names = [guid() for _ in range(20)]
    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(intake.keep(name, "push", KEY, b"{}", 1.0))
    async with store.read() as connection:
        found = await connection.scalars(select(deliveries.c.guid).order_by(deliveries.c.id))
        assert list(found) == names


async def test_a_delivery_that_cannot_be_stored_fails_alone(store: Store, intake: Intake):
    keys = [KEY, OrderingKey("lone surrogate: \ud800"), KEY]
    tasks = [intake.keep(guid(), "push", key, b"{}", 1.0) for key in keys]
    kept = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in kept] == [type(None), Refused, type(None)]
    assert len(await bodies(store)) == 2


async def test_a_held_up_database_puts_off_and_takes_the_same_delivery_later(store: Store):
    name = guid()
    async with running(Intake(store, patience=0.05)) as intake:
        async with store.begin() as other:
            row = {"guid": name, "event": "push", "ordering_key": KEY, "received_at": 0.0}
            await other.execute(insert_or_skip(deliveries, store.engine.dialect), row)
            with pytest.raises(Unavailable, match="no commit in time"):
                await intake.keep(name, "push", KEY, b"{}", 1.0)
        async with running(Intake(store)) as patient:
            await patient.keep(name, "push", KEY, b"{}", 2.0)
    assert await bodies(store) == {name: b"{}"}


async def test_more_than_there_is_room_for_is_put_off_at_once(store: Store):
    intake = Intake(store, room=10_000)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(intake.keep(guid(), "push", KEY, bytes(5_000), 1.0))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="wait already"):
            await intake.keep(guid(), "push", KEY, bytes(5_000), 1.0)
        async with running(intake):
            await first
            await intake.keep(guid(), "push", KEY, bytes(5_000), 1.0)


async def test_a_database_that_is_away_is_unavailable(tmp_path: Path):
    store = open_store(SecretStr(f"sqlite+aiosqlite:///{tmp_path}/away/greenroom.db"))
    async with running(Intake(store)) as intake:
        with pytest.raises(Unavailable):
            await intake.keep(guid(), "push", KEY, b"{}", 1.0)
        (tmp_path / "away").mkdir()
        with pytest.raises(Unavailable):
            await intake.keep(guid(), "push", KEY, b"{}", 1.0)
    await store.close()


async def test_a_connection_that_was_cut_costs_one_try(postgres: SecretStr):
    await migrate(postgres)
    store, other = open_store(postgres), open_store(postgres)
    async with running(Intake(store)) as intake:
        await intake.keep(guid(), "push", KEY, b"{}", 1.0)
        async with other.begin() as connection:
            await connection.execute(text(CUT))
        with pytest.raises(Unavailable):
            await intake.keep(guid(), "push", KEY, b"{}", 1.0)
        await intake.keep(guid(), "push", KEY, b"{}", 1.0)
    assert len(await bodies(store)) == 2
    await store.close()
    await other.close()
