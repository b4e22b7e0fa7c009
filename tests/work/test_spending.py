"""What a job may spend on models, and what people read when that is all spent."""

from dataclasses import replace

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from bot.model.errors import Fenced, Refused
from bot.model.models import Ask, Price, Usage
from bot.model.money import micros
from bot.rules.dialects.base import Tally
from bot.rules.lifecycle import Run
from bot.rules.prices import Catalogue, Known
from bot.store import spending
from bot.store.run_row import TERMS
from bot.store.schema import budgets, metadata, model_calls, runs
from bot.work.spending import Spending

EACH = Price(input=micros(1), cached=micros(1), written=micros(1), output=micros(10))
PRICES = Catalogue(models={"openai": {"gpt": Known(price=EACH, output=100_000)}})
ASK = Ask(provider="openai", model="gpt", stream=True, most_output=100_000, size=10)
HALF = Tally(usage=Usage(output=50_000), final=True)
OVER = "It has reached its budget of $5.00. `/gr continue +$2` goes on."


@pytest.fixture
def money(house):
    return Spending(house.store, house.time.clock, PRICES)


async def spend(money, token, times=1, tally=HALF):
    """Ask, at a dollar set aside; half of it is what it comes to."""
    for _ in range(times):
        await money.settle(await money.reserve(token, ASK), tally, status=200, whole=True)


async def reserved(house):
    async with house.store.read() as tx:
        rows = await tx.execute(select(budgets.c.scope, budgets.c.reserved))
        return {scope.partition(":")[0]: amount for scope, amount in rows}


async def refusal(money, token, ask=ASK):
    with pytest.raises(Refused) as refused:
        await money.reserve(token, ask)
    await money.refused(token, ask.provider, ask.model, refused.value.words)
    return refused.value


async def test_a_run_that_has_spent_its_budget_ends_and_says_how_it_goes_on(house, money):
    token = await house.works()
    await spend(money, token, times=8)
    assert (await refusal(money, token)).words == OVER
    await house.ends(token, exit=1)
    await house.settles()
    run = await house.run()
    assert (run.conclusion, run.words) == ("failure", OVER)
    (comment,) = await house.comments()
    assert OVER in comment
    assert "goes on from here" not in comment


async def test_money_that_people_add_lets_it_go_on(house, money):
    token = await house.works()
    await spend(money, token, times=8)
    await refusal(money, token)
    async with house.store.begin() as tx:
        await tx.execute(update(runs).values(extra=micros(2)))
    await spend(money, token, times=2)
    assert (await reserved(house))["run"] == 5_000_000


async def test_a_run_that_goes_on_from_another_has_the_rest_of_its_budget(house, money):
    token = await house.works()
    await spend(money, token, times=3)
    async with house.store.begin() as tx:
        await tx.execute(update(runs).values(after="01OLDER"))
        row = {"scope": "run:01OLDER", "day": 0, "reserved": 4_500_000}
        await tx.execute(budgets.insert().values(row))
    assert (await refusal(money, token)).words == OVER


async def test_a_repository_has_a_budget_for_each_day(house, money):
    token, run = await house.works(), await house.run()
    async with house.store.begin() as tx:
        row = {"scope": f"repo:{run.repo_id}", "day": int(house.time.now // 86400)}
        await tx.execute(budgets.insert().values(**row, reserved=49_500_000))
    refused = await refusal(money, token)
    assert refused.words == (
        "Runs of this repository have reached their budget of $50.00 for today."
    )
    assert "run" not in await reserved(house)
    house.time.now += 86400
    await spend(money, token)


async def test_an_organization_says_what_its_repositories_may_cost_in_a_day(house, money):
    token, run = await house.works(), await house.run()
    terms = replace(run.terms, cost=replace(run.terms.cost, org_per_day=micros(2)))
    async with house.store.begin() as tx:
        await tx.execute(update(runs).values(terms=TERMS.dump_python(terms, mode="json")))
    await spend(money, token, times=2)
    assert (await reserved(house))["owner"] == 1_000_000
    refused = await refusal(money, token)
    assert refused.words == "Runs of octo have reached their budget of $2.00 for today."


async def test_a_failure_after_an_answer_is_the_programs_own(house, money):
    token = await house.works()
    await money.refused(token, "openai", "gpt", "Not that one.")
    await spend(money, token)
    await house.ends(token, exit=1)
    assert (await house.run()).words == "The agent's program failed with exit status 1."


async def test_what_the_provider_did_not_answer_is_why_a_run_failed(house, money):
    token = await house.works()
    it = await money.reserve(token, ASK)
    await money.unanswered(it, "OpenAI answered 503.", status=503, free=True)
    await house.ends(token, exit=1)
    assert (await house.run()).words == "OpenAI answered 503."
    assert (await reserved(house))["run"] == 0


async def test_a_refusal_changes_nothing_about_work_that_was_done_all_the_same(house, money):
    token = await house.works()
    await house.broker.ask(token, "noop", {"reason": "All is tidy."})
    await money.refused(token, "openai", "gpt", "Not that one.")
    await house.ends(token)
    assert (await house.run()).state is Run.PARKED


async def test_the_last_request_of_a_job_that_died_stays_spent(house, money):
    token = await house.works()
    lost = await money.reserve(token, ASK)
    house.runner.loses()
    await house.passes(60, "supervisor")
    fresh = await house.comes_up()
    await spend(money, fresh)
    await money.settle(lost, HALF, status=200, whole=True)
    both = lost.amount + 500_000
    assert (await reserved(house))["run"] == both
    async with house.store.read() as tx:
        assert (await spending.spent(tx, lost.caller.run)).cost == both
    with pytest.raises(Fenced):
        await money.reserve(token, ASK)
    await money.refused(token, "openai", "gpt", "Over.")


@pytest.mark.parametrize("how", ["stopped", "ended"])
async def test_a_job_that_is_over_asks_nothing_any_more(house, money, how):
    token = await house.works()
    if how == "ended":
        await house.ends(token, exit=1)
    else:
        async with house.store.begin() as tx:
            await tx.execute(update(runs).values(compute="stopping"))
    with pytest.raises(Fenced):
        await money.reserve(token, ASK)


async def test_a_token_that_nobody_has_spends_nothing(house, money):
    await house.works()
    stranger = SecretStr("stranger")
    with pytest.raises(Refused, match="opens nothing"):
        await money.reserve(stranger, ASK)
    await money.refused(stranger, "openai", "gpt", "No.")
    async with house.store.read() as tx:
        assert (await tx.execute(select(model_calls))).all() == []


async def test_a_model_without_a_price_is_free_only_on_a_server_of_ones_own(house, money):
    token = await house.works()
    dear = replace(ASK, model="secret")
    assert (await refusal(money, token, dear)).reason == "model"
    own = replace(dear, provider="compatible", most_output=None)
    it = await money.reserve(token, own)
    await money.settle(it, Tally(), status=200, whole=True)
    assert await reserved(house) == {}
    async with house.store.read() as tx:
        found = await spending.spent(tx, it.caller.run)
    assert (found.turns, found.cost) == (1, None)


async def test_an_answer_that_does_not_tell_its_cost_costs_what_it_may(house, money):
    token = await house.works()
    it = await money.reserve(token, ASK)
    await money.settle(it, Tally(), status=200, whole=True)
    assert (await reserved(house))["run"] == it.amount


async def test_while_the_database_is_away_what_was_set_aside_stays_so(house, money):
    token = await house.works()
    it = await money.reserve(token, ASK)
    async with house.store.engine.begin() as connection:
        await connection.run_sync(model_calls.drop)
    await money.settle(it, HALF, status=200, whole=True)
    async with house.store.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    assert (await reserved(house))["run"] == it.amount
