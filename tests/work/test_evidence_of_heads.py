"""Which validations hold for what a run has pushed: those of its very tree."""

import pytest

from bot.model.ids import Sha
from bot.work.validator import Tree
from bot.workspace.lend import sealed
from tests.work.conversations import FIXER, People, terms
from tests.work.validating import GOOD, UNIT, Inner

PULL = {"title": "Fix it", "body": "It hung."}


@pytest.fixture
async def people(house):
    return await People.around(house)


async def delivers(house, people, *, same):
    """Have an agent validate a tree and hand one in, the same or another."""
    inner = Inner(house)
    number = await people.issue("ann")
    await people.begins(number, terms=terms(agent=FIXER, validations=(UNIT,)))
    token = await house.comes_up()
    result = await house.pushes()
    tree = (await sealed(house.quarantines.path((await house.run()).id), result)).tree
    about = Tree(sha=tree if same else Sha("7" * 40), work=None)
    await inner.validator.ask(token, "unit", about)
    await inner.goes_on()
    await inner.verdicts.end(await inner.claims(), GOOD)
    await house.broker.ask(token, "pull_request", PULL)
    await house.ends(token, result=result)
    await house.passes(30, step=5)
    run = await house.run()
    pull = await people.did("ann", f"GET /pulls/{run.own_pull}")
    return run, tree, pull["body"]


async def test_a_pull_request_says_what_holds_for_exactly_its_head(house, people):
    run, tree, body = await delivers(house, people, same=True)
    assert run.tree == tree
    assert f"For exactly the tree of this head, `{tree[:12]}`" in body
    assert "`unit` ✅ passed" in body


async def test_what_was_validated_before_more_was_changed_does_not_hold(house, people):
    run, tree, body = await delivers(house, people, same=False)
    assert run.tree == tree
    assert f"No validation was run for exactly the tree of this head, `{tree[:12]}`" in body
