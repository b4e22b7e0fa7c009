"""What the doctor sees in a database, and that it leaves none behind."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, update

from bot.doctor.database import MOST, database_findings
from bot.github.permissions import union
from bot.model.settings import read_settings
from bot.rules.lifecycle import Run
from bot.store import runs, story
from bot.store.engine import Store
from bot.store.schema import deliveries, installations, pauses
from tests.migrated import migrated, opened
from tests.store.rows import NOW, QUEUED

LATER = NOW + 7200


@pytest.fixture
def settings(tmp_path: Path):
    return read_settings({"GREENROOM_HOME": str(tmp_path)}, frozenset())


@pytest.fixture
async def store(settings):
    await migrated(settings.database_url)
    store = opened(settings.database_url)
    yield store
    await store.close()


async def delivery(store: Store, guid: str, **values) -> None:
    row = {"guid": guid, "event": "issues", "ordering_key": guid, "received_at": NOW, **values}
    async with store.begin() as tx:
        await tx.execute(insert(deliveries).values(**row))


async def lines(settings, now=LATER):
    return [str(each) for each in await database_findings(settings, now)]


async def one(settings, start):
    (line,) = [line for line in await lines(settings) if line[4:].startswith(start)]
    return line


async def test_a_database_that_is_not_there_is_not_made(settings):
    (line,) = await lines(settings)
    assert line.startswith("!!  DATABASE_URL: ")
    assert "greenroom migrate" in line
    assert not list(settings.home.iterdir())


async def test_a_database_without_tables_is_to_be_migrated(settings):
    (settings.home / "greenroom.db").touch()
    (line,) = await lines(settings)
    assert line == (
        "!!  DATABASE_URL: The database was never migrated and should be at 0002."
        " Run `greenroom migrate`."
    )


async def test_a_server_that_does_not_answer(unused_tcp_port):
    url = f"postgresql://ann:hunter22@127.0.0.1:{unused_tcp_port}/x"
    (found,) = await database_findings(read_settings({"DATABASE_URL": url}, frozenset()), NOW)
    assert "does not answer" in found.what
    assert "hunter22" not in str(found)


@pytest.mark.usefixtures("store")
async def test_an_empty_database_lacks_an_installation_alone(settings):
    assert [line[:2] for line in await lines(settings)] == ["ok", "ok", "ok", "!!"]


async def test_a_delivery_set_aside_is_shown_with_the_way_to_try_it_again(settings, store):
    note = SecretStr("KeyError\nin a handler").get_secret_value()
    await delivery(store, "72d3162e", state="set_aside", note=note)
    line = await one(settings, "delivery 72d3162e")
    assert line.startswith(
        "!!  delivery 72d3162e (issues, 2027-01-15 08:00 UTC): set aside: KeyError in a handler."
    )
    _, _, statement = line.rstrip(".").partition("tried again: ")
    async with store.begin() as tx:
        await tx.exec_driver_sql(statement)
    assert "1 waiting" in await one(settings, "deliveries")


async def test_many_that_are_set_aside_do_not_hide_the_rest(settings, store):
    for number in range(MOST + 2):
        await delivery(store, f"g{number}", state="set_aside", note="x")
    found = await lines(settings)
    assert len([line for line in found if "set aside: x" in line]) == MOST
    assert f"!!  deliveries: more than {MOST} are set aside" in "\n".join(found)


async def test_deliveries_that_wait_for_long_are_something_to_see_to(settings, store):
    await delivery(store, "g1")
    await delivery(store, "g2", received_at=NOW + 60)
    assert (await lines(settings, NOW + 61))[1] == (
        "ok  deliveries: 2 waiting, the oldest since 2027-01-15 08:00 UTC."
    )
    assert (await one(settings, "deliveries")).startswith("!!  deliveries: 2 waiting")


async def test_a_parked_run_may_wait_and_a_queued_one_may_not(settings, store):
    async with store.begin() as tx:
        await runs.start(tx, QUEUED)
    assert (await one(settings, "run 01A")).startswith(
        "!!  run 01A (tidy on octo/cat#7): queued since 2027-01-15 08:00 UTC. See that"
    )
    async with store.begin() as tx:
        await tx.execute(update(runs.runs).values(state=Run.PARKED))
        await story.wait(tx, QUEUED.id, "approval", now=NOW, deadline=NOW)
    assert await one(settings, "run 01A") == (
        "ok  run 01A (tidy on octo/cat#7): parked since 2027-01-15 08:00 UTC, waits for approval."
    )


async def test_what_people_hold_back_is_not_stuck(settings, store):
    async with store.begin() as tx:
        await runs.start(tx, QUEUED)
        await tx.execute(insert(pauses).values(scope="all", by="ann", at=NOW))
    assert await one(settings, "runs") == "ok  runs: held back by people: all."
    assert (await one(settings, "run 01A")).startswith("ok  run 01A")


@pytest.mark.parametrize(
    ("active", "permissions", "starts"),
    [
        (True, union(), "ok  installation 7 (octo): has granted all that is asked for."),
        (True, {**union(), "checks": "read"}, "!!  installation 7 (octo): has not granted checks"),
        (False, {}, "ok  installation 7 (octo): suspended or removed."),
    ],
)
async def test_an_owner_who_has_not_accepted_is_named(
    settings, store, active, permissions, starts
):
    row = {"id": 7, "account": "octo", "active": active, "permissions": permissions}
    async with store.begin() as tx:
        await tx.execute(insert(installations).values(**row))
    assert (await one(settings, "installation 7")).startswith(starts)
