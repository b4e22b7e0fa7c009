"""Toolboxes that configuration names, from a label to the launch of a job."""

from dataclasses import replace

import pytest

from bot.model.errors import Refused
from bot.model.runs import Conclusion
from bot.model.validations import Definition, Toolbox
from bot.work import requested
from bot.work.toolboxes import Toolboxes
from tests.work.conversations import People, terms
from tests.work.validating import TREE, Inner

IMAGE = f"registry.example/tools@sha256:{'0' * 64}"


async def configured(house, *names):
    """Commit a configuration with these toolboxes to the default branch."""
    text = "toolboxes:\n" + "".join(f"  {name}: {{image: '{IMAGE}'}}\n" for name in names)
    head = await house.hub.octo.repository.head("main")
    entry = {"path": ".github/greenroom.yml", "mode": "100644", "type": "blob", "content": text}
    tree = await house.hub.acts("POST /git/trees", base_tree=head, tree=[entry])
    new = {"message": "Configure", "tree": tree["sha"], "parents": [head]}
    made = await house.hub.acts("POST /git/commits", **new)
    await house.hub.acts("PATCH /git/refs/heads/main", sha=made["sha"])


@pytest.fixture
def unpacks(house, tmp_path):
    """Have toolboxes unpacked into folders with the same tool in each."""

    async def unpack(boxes):
        for each in boxes:
            if each.name == "gone":
                raise Refused("image", "It is not there.")
            (tmp_path / each.name / "bin").mkdir(parents=True, exist_ok=True)
            (tmp_path / each.name / "bin/tool").touch()
        return {each.name: tmp_path / each.name for each in boxes}

    house.places = replace(house.places, toolboxes=Toolboxes(unpack, {}, house.mirrors))
    house.loops = house.loops_of(house.context)
    return unpack


@pytest.mark.usefixtures("unpacks")
async def test_a_job_has_the_toolboxes_of_its_repository_and_people_hear_of_conflicts(house):
    await configured(house, "one", "two", "python")
    await house.issue()
    await house.settles()
    assert list(house.runner.latest.launch.toolboxes) == ["one", "two"]
    (comment,) = await house.comments()
    assert "all have `tool`; that of `one` is used" in comment


async def test_people_hear_what_the_toolboxes_of_a_validation_want_of_each_other(house, unpacks):
    named = ("one", "two")
    unit = Definition(name="unit", run="make", toolboxes=named)
    boxes = tuple(Toolbox(name=name, image=IMAGE) for name in named)
    people = await People.around(house)
    inner = Inner(house)
    house.loops["validations"] = inner.loop_of(house.context, unpack=unpacks)
    given = terms(validations=(unit,), toolboxes=boxes)
    await people.begins(await people.issue("ann"), terms=given)
    asked = await inner.validator.ask(await house.comes_up(), "unit", TREE)
    await inner.goes_on()
    assert list(inner.stand.launched[0].toolboxes) == ["one", "two"]
    (told,) = requested.asked(await inner.row(asked.id)).notes
    assert "all have `tool`; that of `one` is used" in told


@pytest.mark.usefixtures("unpacks")
async def test_a_toolbox_that_cannot_be_had_ends_the_run_with_words(house):
    await configured(house, "gone")
    await house.issue()
    await house.settles()
    run = await house.run()
    assert (run.conclusion, house.runner.launched) == (Conclusion.FAILURE, [])
    (comment,) = await house.comments()
    assert "It is not there." in comment
