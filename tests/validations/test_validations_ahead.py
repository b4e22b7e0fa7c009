"""Validations that begin before an agent asks for them."""

from dataclasses import replace

import pytest

from bot.model.errors import Refused
from bot.model.ids import Sha
from bot.store import validation_jobs, validations
from bot.work import validator
from bot.work.validator import Tree
from tests.validations.booth import ASKS, GOOD, LINT, OTHER, TREE, UNIT, Booth

QUICK = replace(UNIT, speculate=True)
SPECULATES = replace(ASKS, validations=(QUICK, LINT))


@pytest.fixture
def booth(store, tmp_path):
    return Booth(store, tmp_path / "blobs")


async def wanted(booth, name):
    async with booth.store.begin() as tx:
        return await validation_jobs.wanted(tx, await validations.get(tx, name))


async def test_what_begins_ahead_is_nothing_that_the_agent_has_asked_for(booth):
    token = await booth.works(terms=SPECULATES)
    begun = await booth.validator.begin(token, "unit", TREE)
    assert (begun.under_way, await wanted(booth, begun.id)) == (True, True)
    assert await booth.of_run() == []
    assert (await booth.validator.begin(token, "unit", TREE)).id == begun.id


async def test_an_agent_that_asks_while_it_runs_joins_it(booth):
    token = await booth.works(terms=SPECULATES)
    begun = await booth.validator.begin(token, "unit", TREE)
    job = await booth.begins(begun.id)
    booth.now += 7
    asked = await booth.validator.ask(token, "unit", TREE)
    assert (asked.id, asked.under_way, asked.cached) == (begun.id, True, False)
    (row,) = await booth.of_run()
    assert (row.ahead, row.created_at, row.asked) == (False, booth.now, {"fork": False})
    await booth.verdicts.end(job, GOOD)
    assert (await booth.validator.watch(token, asked.id)).verdict.outcome == "passed"


async def test_an_agent_that_asks_later_hears_the_verdict_at_once(booth):
    token = await booth.works(terms=SPECULATES)
    begun = await booth.validator.begin(token, "unit", TREE)
    await booth.verdicts.end(await booth.begins(begun.id), GOOD)
    booth.now += 7
    asked = await booth.validator.ask(token, "unit", TREE)
    assert (asked.id, asked.under_way, asked.cached) == (begun.id, False, True)
    (row,) = await booth.of_run()
    assert (row.cached, row.created_at, row.ended_at, row.hits) == (True, booth.now, booth.now, 0)
    again = await booth.validator.ask(token, "unit", TREE)
    assert (again.id, (await booth.of_run())[0].hits) == (begun.id, 1)


@pytest.mark.parametrize("way", ["begin", "ask"])
async def test_nobody_waits_any_more_once_the_tree_has_moved_on(booth, way):
    token = await booth.works(terms=SPECULATES)
    first = await booth.validator.begin(token, "unit", TREE)
    second = await getattr(booth.validator, way)(token, "unit", OTHER)
    assert [await wanted(booth, each.id) for each in (first, second)] == [False, True]


async def test_one_that_others_have_joined_goes_on(booth):
    token = await booth.works(terms=SPECULATES)
    first = await booth.validator.begin(token, "unit", TREE)
    theirs = await booth.works("01B", agent="fix")
    joined = await booth.validator.ask(theirs, "unit", TREE)
    await booth.validator.begin(token, "unit", OTHER)
    assert await wanted(booth, first.id)
    await booth.verdicts.end(await booth.begins(first.id), GOOD)
    assert (await booth.validator.watch(theirs, joined.id)).verdict.outcome == "passed"


async def test_the_agent_is_refused_nothing_for_what_began_ahead(booth):
    some = tuple(replace(QUICK, name=name, run=name) for name in ("a", "b", "c", "d"))
    token = await booth.works(terms=replace(ASKS, validations=(*some, LINT, QUICK)))
    for each in some:
        await booth.validator.begin(token, each.name, TREE)
    with pytest.raises(Refused) as refusal:
        await booth.validator.begin(token, "unit", TREE)
    assert refusal.value.reason == "busy"
    assert (await booth.validator.ask(token, "lint", TREE)).under_way


async def test_most_of_what_a_run_may_ask_for_is_left_to_its_agent(booth, monkeypatch):
    monkeypatch.setattr(validator, "MOST_AHEAD", 2)
    token = await booth.works(terms=SPECULATES)
    for sha in "ab":
        await booth.validator.begin(token, "unit", replace(TREE, sha=Sha(sha * 40)))
    with pytest.raises(Refused) as refusal:
        await booth.validator.begin(token, "unit", TREE)
    assert refusal.value.reason == "limit"
    assert (await booth.validator.ask(token, "unit", TREE)).under_way


@pytest.mark.parametrize(
    ("name", "tree", "reason"),
    [
        ("lint", TREE, "validation"),
        ("none", TREE, "validation"),
        ("unit", Tree(sha=TREE.sha, work="c" * 64), "blob"),
    ],
)
async def test_only_what_configuration_says_begins_ahead(booth, name, tree, reason):
    token = await booth.works(terms=SPECULATES)
    with pytest.raises(Refused) as refusal:
        await booth.validator.begin(token, name, tree)
    assert refusal.value.reason == reason
