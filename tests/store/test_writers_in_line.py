import asyncio

from sqlalchemy import text

from bot.store.engine import open_store

MANY = 40
"""More than there are connections."""


async def test_writers_of_one_process_are_served_in_the_order_they_came(sqlite):
    store, served = open_store(sqlite), []

    async def write(number):
        async with store.begin() as tx:
            await tx.execute(text("SELECT 1"))
            served.append(number)

    await asyncio.gather(*(write(number) for number in range(MANY)))
    await store.close()
    assert served == list(range(MANY))


async def test_a_writer_that_fails_lets_the_next_one_go_on(sqlite):
    store = open_store(sqlite)

    async def write(words):
        async with store.begin() as tx:
            await tx.execute(text(words))

    found = await asyncio.gather(write("NONSENSE"), write("SELECT 1"), return_exceptions=True)
    await store.close()
    assert isinstance(found[0], Exception)
    assert found[1] is None
