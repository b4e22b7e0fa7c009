"""Agents in a loop, whatever becomes of their requests: what is billed stays in the budgets."""

import asyncio
import random
from collections import Counter
from dataclasses import replace

import pytest

from bot.model.errors import Refused
from bot.model.ids import Fence
from bot.model.models import Ask, Cost, Price, Usage
from bot.model.money import Micros, micros
from bot.rules.dialects.base import Tally
from bot.rules.prices import Catalogue, Known
from bot.store import jobs
from bot.store.schema import runs
from bot.work.spending import Spending
from tests.github.scripted import Time
from tests.store.rows import TERMS, live, plan, token

DAY = 86_400
ONE = Price(input=Micros(0), cached=Micros(0), written=Micros(0), output=micros(1))
MODELS = {"openai": {"gpt": Known(price=ONE)}}
"""A token of an answer costs a millionth of a dollar, and nothing else does."""

RUNS = {"01A": (5, None), "01B": (5, "01A"), "01C": (6, None), "01D": (7, None)}
"""The repository of each run, and the run that it goes on from."""

MOVES = {
    "asks": 30,
    "asks_twice": 10,
    "answered": 30,
    "cut_off": 15,
    "silent": 5,
    "dies": 2,
    "night": 1,
}
"""What happens next, and how often."""


class Loop:
    """Agents that ask on and on, and a provider that bills whatever reached it."""

    def __init__(self, store, limits, seed):
        self.store, self.limits, self.dice = store, limits, random.Random(seed)
        self.time, self.refused, self.billed = Time(), 0, Counter()
        prices = Catalogue(models=MODELS, per_day=Micros(limits["all"]))
        self.gateways = [Spending(store, self.time.clock, prices) for _ in range(2)]
        self.fences, self.out = dict.fromkeys(RUNS, 0), []

    async def begins(self):
        cost = Cost(
            per_run=Micros(self.limits["run"]),
            per_day=Micros(self.limits["repo"]),
            org_per_day=Micros(self.limits["owner"]),
        )
        for number, (run, (repo, after)) in enumerate(RUNS.items()):
            terms = replace(TERMS, cost=cost)
            await live(self.store, id=run, number=number, repo_id=repo, after=after, terms=terms)
            await self.dies(run)

    async def dies(self, run):
        """Give a run its next job; nobody hears any more what its last one has asked."""
        self.fences[run] += 1
        work = plan(self.fences[run], run)
        async with self.store.begin() as tx:
            row = runs.update().where(runs.c.id == run)
            await tx.execute(row.values(fence=Fence(self.fences[run])))
            await jobs.add(tx, work, token(f"launch {work.job}"), now=self.time.now)
            await jobs.claim(tx, work.job, token(f"run {work.job}"), now=self.time.now)

    async def asks(self, run):
        most = self.dice.randint(1, 40)
        ask = Ask(provider="openai", model="gpt", stream=True, most_output=most, size=10)
        key = token(f"run {plan(self.fences[run], run).job}")
        try:
            it = await self.dice.choice(self.gateways).reserve(key, ask)
        except Refused:
            self.refused += 1
            return
        written = self.dice.randint(0, most)
        self.out.append((it, written))
        self.bill(it, written)

    def bill(self, it, written):
        repo, after = RUNS[it.caller.run]
        day = next(hold.day for hold in it.holds if hold.scope == "all")
        for scope in (("run", after or it.caller.run), ("repo", repo, day)):
            self.billed[scope] += written
        for scope in ("owner", "all"):
            self.billed[scope, day] += written

    async def asks_twice(self, run):
        await asyncio.gather(self.asks(run), self.asks(self.dice.choice([*RUNS])))

    async def ends(self, how):
        if self.out:
            it, written = self.out.pop(self.dice.randrange(len(self.out)))
            await how(self.dice.choice(self.gateways), it, written)

    async def answered(self, _run):
        async def told(gateway, it, written):
            tally = Tally(usage=Usage(output=written), final=True)
            await gateway.settle(it, tally, status=200, whole=True)

        await self.ends(told)

    async def cut_off(self, _run):
        async def broken(gateway, it, written):
            tally = Tally(usage=Usage(output=self.dice.randint(0, written)))
            await gateway.settle(it, tally, status=200, whole=False)

        await self.ends(broken)

    async def silent(self, _run):
        async def nothing(gateway, it, written):
            free = written % 2 == 0
            await gateway.unanswered(it, "No answer.", status=None, free=free)
            if free:
                self.bill(it, -written)

        await self.ends(nothing)

    async def night(self, _run):
        self.time.now += DAY

    async def goes_on(self):
        (move,) = self.dice.choices([*MOVES], weights=[*MOVES.values()])
        await getattr(self, move)(self.dice.choice([*RUNS]))
        return move


@pytest.mark.parametrize("least", [0, 60, 150])
async def test_whatever_becomes_of_requests_no_budget_is_passed(store, least):
    limits = {"run": least, "repo": 2 * least, "owner": 3 * least, "all": 4 * least}
    loop = Loop(store, limits, seed=least)
    await loop.begins()
    for _ in range(200):
        move = await loop.goes_on()
        for (kind, *_), amount in loop.billed.items():
            assert amount <= limits[kind], move
    assert loop.refused
    assert max(loop.billed.values(), default=0) >= least
