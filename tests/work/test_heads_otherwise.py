"""A pull request whose own configuration has validations stand for something else."""

import pytest

from bot.model.ids import Sha
from bot.model.validations import Definition
from bot.store import story
from bot.work.configs import Configs
from tests.devhub.checkout import Checkout
from tests.github.embedded import REPO
from tests.work.conversations import People, terms
from tests.work.test_people_loops import configures

UNIT, LINT = Definition(name="unit", run="pytest -q"), Definition(name="lint", run="ruff check")
CONFIG = 'version: 1\nvalidations: {unit: {run: "pytest -q"}, lint: {run: "ruff check"}}\n'
OTHER = CONFIG.replace("pytest -q", "true")


@pytest.fixture
async def people(house):
    made = await People.around(house)
    await configures(made, CONFIG)
    repo_id = (await made.did("ann", "GET "))["id"]
    await Configs(house.context).of(house.hub.installation, REPO, repo_id)
    return made


async def told(people, text):
    """Return what is told of a run on a pull request with this configuration."""
    number, start = await people.pull()
    if text is not None:
        checkout = Checkout(people.house.home / "clone-of-ann", people.tokens["ann"])
        sha = await checkout.commit({".github/greenroom.yml": text}, "Configure")
        await checkout.push(start.branch)
        start = type(start)(sha=Sha(sha), branch=start.branch, fork=False)
    run = await people.begins(number, start, terms=terms(validations=(UNIT, LINT)))
    async with people.house.store.read() as tx:
        steps = await story.steps(tx, run)
    return [step.text for step in steps if "defines" in step.text]


async def test_people_hear_that_the_default_branch_counts(people):
    words = "This head defines `unit` otherwise. What the default branch says is run."
    assert await told(people, OTHER) == [words]


@pytest.mark.parametrize(
    "text",
    [None, CONFIG + "# the same\n", CONFIG + "limits: {runs: {per_day: 7}}\n", "version: [\n"],
    ids=["as before", "a comment", "other settings", "a mistake"],
)
async def test_where_nothing_of_them_differs_nothing_is_said(people, text):
    assert await told(people, text) == []


async def test_the_files_of_a_fork_are_not_read(people):
    number, start = await people.fork()
    run = await people.begins(number, start, terms=terms(validations=(UNIT, LINT)))
    async with people.house.store.read() as tx:
        assert not [step for step in await story.steps(tx, run) if "defines" in step.text]
