"""Who may have which image to begin a build with."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.model.errors import Refused
from bot.model.validations import Definition
from bot.work.bases import Bases
from tests.validations.booth import ASKS, GOOD, TREE, Booth

DIGEST = f"sha256:{'a' * 64}"
IMAGE = Definition(
    name="image", run="buildah bud .", kind="builder", bases=("reg.example/a", "reg.example:5/b")
)


class Shelf:
    """Says what it was asked for."""

    async def manifest(self, named):
        return str(named).encode()

    async def blob(self, named):
        return Path(str(named))


@pytest.fixture
def booth(store, tmp_path):
    return Booth(store, tmp_path / "blobs")


@pytest.fixture
async def builder(booth):
    """The token of a job that builds."""
    run = await booth.works(terms=replace(ASKS, validations=(IMAGE,)))
    asked = await booth.validator.ask(run, "image", TREE)
    return await booth.begins(asked.id)


async def refusal(call):
    with pytest.raises(Refused) as refused:
        await call
    return refused.value.reason


async def test_a_builders_job_has_what_its_definition_names_and_nothing_else(booth, builder):
    bases = Bases(booth.store, Shelf())
    assert await bases.manifest(builder, 0, DIGEST) == f"reg.example/a@{DIGEST}".encode()
    assert await bases.blob(builder, 1, DIGEST) == Path(f"reg.example:5/b@{DIGEST}")
    assert await refusal(bases.manifest(builder, 2, DIGEST)) == "unknown_token"
    assert await refusal(bases.blob(SecretStr("nobody's"), 0, DIGEST)) == "unknown_token"
    await booth.verdicts.end(builder, GOOD)
    assert await refusal(bases.manifest(builder, 0, DIGEST)) == "unknown_token"


async def test_the_job_of_another_validation_has_none(booth):
    run = await booth.works()
    asked = await booth.validator.ask(run, "unit", TREE)
    token = await booth.begins(asked.id)
    assert await refusal(Bases(booth.store, Shelf()).manifest(token, 0, DIGEST)) == "unknown_token"
