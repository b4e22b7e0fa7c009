"""Money that is spoken for, on both databases, whoever asks at once."""

import asyncio

from bot.model.ids import Fence, RunId
from bot.model.models import Ask, Spent, Usage
from bot.model.money import Micros
from bot.rules.budget import Hold
from bot.store import spending
from bot.store.spending import Caller, Outcome
from tests.store.rows import NOW, begun

RUN = RunId("01A")
CALLER = Caller(run=RUN, fence=Fence(1), repo_id=5)
NEXT = Caller(run=RUN, fence=Fence(2), repo_id=5)
ASK = Ask(provider="openai", model="gpt-5", stream=True, most_output=9, size=10)
HOLD = Hold(scope="run:01A", day=0, limit=Micros(100), words="Enough.")


async def take(store, amount, hold=HOLD):
    async with store.begin() as tx:
        return await spending.take(tx, hold, Micros(amount))


async def call(store, caller=CALLER, reserved=50, outcome=None):
    async with store.begin() as tx:
        number = await spending.begin(tx, caller, ASK, Micros(reserved), now=NOW)
        if outcome:
            assert await spending.end(tx, number, outcome, now=NOW + 1)
    return number


async def spent(store):
    async with store.read() as tx:
        return await spending.spent(tx, RUN)


async def test_money_is_taken_up_to_the_limit_and_not_beyond(store):
    assert [await take(store, each) for each in (60, 41, 40, 1)] == [True, False, True, False]


async def test_of_many_who_take_at_once_no_more_get_it_than_there_is_for(store):
    taken = await asyncio.gather(*(take(store, 9) for _ in range(25)))
    assert sum(taken) == 11


async def test_what_is_given_back_can_be_taken_again(store):
    assert await take(store, 100)
    async with store.begin() as tx:
        await spending.change(tx, [HOLD], -30)
    assert [await take(store, each) for each in (31, 30)] == [False, True]


async def test_each_day_has_a_budget_of_its_own(store):
    other = Hold(scope=HOLD.scope, day=1, limit=HOLD.limit, words="")
    assert await take(store, 100)
    assert await take(store, 100, other)


async def test_the_end_of_a_request_is_written_down_once(store):
    await begun(store)
    number = await call(store, outcome=Outcome(cost=Micros(7), status=200))
    async with store.begin() as tx:
        again = Outcome(cost=Micros(9), status=200)
        assert not await spending.end(tx, number, again, now=NOW)
    assert (await spent(store)).cost == 7


async def test_what_a_run_has_spent_is_added_up(store):
    await begun(store)
    assert await spent(store) == Spent()
    used = Usage(input=10, cached=2, written=1, output=5)
    await call(store, outcome=Outcome(cost=Micros(7), usage=used, status=200))
    await call(store, NEXT, outcome=Outcome(cost=Micros(8), usage=used, status=200))
    await call(store, outcome=Outcome(cost=Micros(0), status=429, refused="Too many."))
    await call(store, reserved=30)
    both = Usage(input=20, cached=4, written=2, output=10)
    assert await spent(store) == Spent(models=("gpt-5",), turns=2, usage=both, cost=Micros(45))


async def test_what_it_costs_is_not_known_where_a_price_is_not(store):
    await begun(store)
    await call(store, outcome=Outcome(cost=Micros(7), status=200))
    await call(store, reserved=0, outcome=Outcome(cost=None, status=200))
    assert (await spent(store)).cost is None


async def test_requests_of_a_dead_job_count_as_what_was_set_aside(store):
    await begun(store)
    await call(store, reserved=50)
    await call(store, NEXT, reserved=20)
    async with store.begin() as tx:
        await spending.close(tx, RUN, below=Fence(2), now=NOW)
    late = await call(store, reserved=0)
    async with store.begin() as tx:
        assert not await spending.end(tx, late - 2, Outcome(cost=Micros(1)), now=NOW)
    assert (await spent(store)).cost == 70


async def test_the_reason_of_the_last_refusal_is_told_until_an_answer_comes(store):
    await begun(store)
    async with store.begin() as tx:
        assert await spending.stopped(tx, RUN, Fence(1)) is None
        for _ in range(2):
            await spending.refuse(tx, CALLER, "openai", "gpt-5", "Enough.", now=NOW)
        assert await spending.stopped(tx, RUN, Fence(1)) == "Enough."
        assert await spending.stopped(tx, RUN, Fence(2)) is None
        assert await spending.turns(tx, RUN, Fence(1)) == 0
    await call(store, outcome=Outcome(cost=Micros(7), status=200))
    async with store.begin() as tx:
        assert await spending.stopped(tx, RUN, Fence(1)) is None
        assert await spending.turns(tx, RUN, Fence(1)) == 1


async def test_a_refusal_is_noted_once_however_often_an_agent_asks(store):
    await begun(store)
    async with store.begin() as tx:
        for _ in range(3):
            await spending.refuse(tx, CALLER, "openai", "gpt-5", "Enough.", now=NOW)
        rows = await tx.execute(spending.model_calls.select())
        assert len(rows.all()) == 1
