"""`/gr validate` on a pull request, from the comment to the check run and the reply."""

import pytest
from sqlalchemy import select

from bot.rules.reports import Ended
from bot.runners.base import Gone
from bot.store import validations
from bot.store.schema import validations as table
from bot.workspace.git import GIT
from bot.workspace.lend import sealed
from tests.work.conversations import People
from tests.work.test_people_loops import configures, says
from tests.work.validating import GOOD, Inner

CONFIG = """\
version: 1
validations:
  unit: {run: "pytest -q"}
  lint: {run: "ruff check ."}
"""
RED = Ended(exit=1, signal=None, cause="exited", seconds=2.0)
ALL = ("inbox", "validations", "reporter")


@pytest.fixture
async def people(house):
    made = await People.around(house)
    await house.hub.control("PATCH /apps/greenroom", events=["issue_comment", "pull_request"])
    await house.hub.control(f"PUT /installations/{house.hub.installation}/permissions")
    await configures(made, CONFIG)
    return made


@pytest.fixture
def inner(house):
    return Inner(house)


async def asks(people, number, line="/gr validate", by="ann"):
    await says(people, number, line, by=by)
    await people.house.passes(10, *ALL, step=5)


async def ends(inner, name, ended):
    """Have the job of a validation say its last word."""
    for launch in inner.stand.launched:
        async with inner.house.store.read() as tx:
            row = await validations.find(tx, launch.job.split("-")[1].upper())
        if row.name == name and row.state == "running":
            token = (await inner.verdicts.claim(launch.token)).token
            await inner.verdicts.end(token, ended)
    await inner.house.passes(10, *ALL, step=5)


async def checks(people, sha):
    listed = await people.did("ann", f"GET /commits/{sha}/check-runs")
    return {each["name"]: each for each in listed["check_runs"]}


async def replies(people, number):
    rows = await people.did("ann", f"GET /issues/{number}/comments")
    return [each["body"] for each in rows if each["user"]["type"] == "Bot"]


async def test_each_has_a_check_run_on_the_head_and_one_reply_tells_of_all(inner, people):
    number, start = await people.pull()
    await asks(people, number)
    shown = await checks(people, start.sha)
    assert {name: each["status"] for name, each in shown.items()} == {
        "greenroom / validate unit": "in_progress",
        "greenroom / validate lint": "in_progress",
    }
    await ends(inner, "unit", GOOD)
    assert await replies(people, number) == []
    await ends(inner, "lint", RED)
    shown = await checks(people, start.sha)
    assert shown["greenroom / validate unit"]["conclusion"] == "success"
    assert shown["greenroom / validate lint"]["conclusion"] == "failure"
    (reply,) = await replies(people, number)
    assert "`unit`: ✅ passed" in reply
    assert "`lint`: ❌ failed" in reply


async def test_it_is_the_tree_of_the_head_that_is_validated(inner, people, house):
    number, start = await people.pull()
    await asks(people, number, "/gr validate unit")
    (launch,) = inner.stand.launched
    plan = (await inner.verdicts.claim(launch.token)).plan
    tree = (await sealed(house.mirrors.path(plan.shelf), start.sha, GIT)).tree
    assert (plan.base, plan.tree, plan.work) == (start.sha, tree, None)
    assert (launch.tree / "new.txt").read_text() == "n\n"


async def test_the_same_tree_is_answered_at_once(inner, people):
    number, start = await people.pull()
    await asks(people, number, "/gr validate unit")
    await ends(inner, "unit", RED)
    await asks(people, number, "/gr validate unit")
    assert len(inner.stand.launched) == 1
    again = (await replies(people, number))[-1]
    assert "❌ failed, known from before" in again
    listed = await people.did("ann", f"GET /commits/{start.sha}/check-runs?filter=all")
    assert [each["conclusion"] for each in listed["check_runs"]] == ["failure", "failure"]


async def test_a_fork_gets_no_verdict_of_others_and_gives_none(inner, people):
    number, _ = await people.pull()
    await asks(people, number, "/gr validate unit")
    theirs, _ = await people.fork()
    await asks(people, theirs, "/gr validate unit")
    assert len(inner.stand.launched) == 2
    async with inner.house.store.read() as tx:
        rows = [
            await validations.find(tx, each.job.split("-")[1].upper())
            for each in inner.stand.launched
        ]
    assert len({row.key for row in rows}) == 2


@pytest.mark.full
async def test_lost_runners_are_said(inner, people):
    number, _ = await people.pull()
    await asks(people, number, "/gr validate unit")
    for _ in range(3):
        inner.stand.standings = dict.fromkeys(inner.stand.standings, Gone())
        await inner.house.passes(10, *ALL, step=1)
    (reply,) = await replies(people, number)
    assert "⚪ no verdict" in reply
    assert "3 runners were lost" in reply


async def test_another_repository_of_that_name_is_not_looked_into(inner, people, house):
    number, _ = await people.pull()
    await says(people, number, "/gr validate unit")
    await house.settles("inbox")
    async with house.store.begin() as tx:
        row = await validations.get(tx, await tx.scalar(select(table.c.id)))
        await validations.note(tx, row, repo_id=row.repo_id + 1)
    await house.passes(10, *ALL, step=5)
    async with house.store.read() as tx:
        found = await validations.find(tx, row.id)
    assert "another repository" in found.verdict.words
    assert inner.stand.launched == []
