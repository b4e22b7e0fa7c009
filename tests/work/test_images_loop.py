"""The images that a validation names, from its definition to the launch of its job."""

from pathlib import Path

import pytest

from bot.model.errors import Refused, Unavailable
from bot.model.validations import Definition, Service
from tests.work.conversations import People, terms
from tests.work.validating import TREE, Inner

OWN, DB = (f"registry.example/{name}@sha256:{'0' * 64}" for name in ("own", "db"))
UNIT = Definition(
    name="unit",
    run="make",
    image=OWN,
    kind="services",
    services=(
        Service(name="db", image=DB, port=5432),
        Service(name="more", image=DB, port=5433),
    ),
)


@pytest.fixture
async def asked(house):
    """Ask for a validation with images, which come from where a test says."""
    people, inner = await People.around(house), Inner(house)

    async def ask(root=None):
        given = {} if root is None else {"root": root}
        house.loops["validations"] = inner.loop_of(house.context, **given)
        given = terms(validations=(UNIT,))
        await people.begins(await people.issue("ann"), terms=given)
        found = await inner.validator.ask(await house.comes_up(), "unit", TREE)
        await inner.goes_on()
        return inner, found.id

    return ask


async def test_a_job_has_the_trees_of_all_images_each_fetched_once(asked):
    wanted = []

    async def root(image):
        wanted.append(image)
        return Path("/images", image.split("/")[1][:3])

    inner, _ = await asked(root)
    (launch,) = inner.stand.launched
    assert launch.roots == {OWN: Path("/images/own"), DB: Path("/images/db@")}
    assert sorted(wanted) == [DB, OWN]


async def test_an_image_that_cannot_be_had_is_no_verdict_and_is_said(asked):
    async def root(image):
        raise Refused("image", f"The image `{image}` is not there.")

    inner, name = await asked(root)
    row = await inner.row(name)
    assert (row.verdict.outcome, inner.stand.launched) == ("broken", [])
    assert row.verdict.words.endswith("is not there.")


async def test_a_registry_that_is_away_is_asked_again(asked):
    away = [Unavailable("registry", "it is away", retry_after=1)]

    async def root(image):
        if away:
            raise away.pop()
        return Path("/images", image)

    inner, _ = await asked(root)
    assert inner.stand.launched == []
    await inner.goes_on(10)
    assert len(inner.stand.launched) == 1


async def test_where_there_are_no_images_that_is_said(asked):
    inner, name = await asked()
    verdict = (await inner.row(name)).verdict
    assert verdict.words == f"The image `{OWN}` cannot be had here: this host has none."
