import asyncio
from dataclasses import replace

import pytest
from pydantic import SecretStr

from bot.model.errors import Fenced, Refused
from bot.model.ids import Sha, ValidationId
from bot.store import jobs, outbox
from bot.work import validator
from bot.work.validator import Tree
from tests.store.rows import NOW
from tests.validations.booth import BAD, GOOD, LINT, OTHER, TREE, UNIT, Booth


@pytest.fixture
def booth(store, tmp_path):
    return Booth(store, tmp_path / "blobs")


async def refused(asking):
    with pytest.raises(Refused) as refusal:
        await asking
    return refusal.value.reason


async def test_what_an_agent_asks_for_waits_for_a_runner(booth):
    token = await booth.works()
    asked = await booth.validator.ask(token, "unit", TREE)
    assert (asked.under_way, asked.cached, asked.verdict) == (True, False, None)
    (row,) = await booth.of_run()
    assert (row.id, row.state, row.definition, row.tree) == (asked.id, "queued", UNIT, TREE.sha)
    assert [box.name for box in row.toolboxes] == ["py"]
    assert (row.base, row.work, row.run) == ("5" * 40, TREE.work, "01A")


async def test_asking_again_without_an_answer_gets_the_same_one(booth):
    token = await booth.works()
    first, again = [await booth.validator.ask(token, "unit", TREE) for _ in range(2)]
    assert first == again
    assert len(await booth.of_run()) == 1


async def test_asking_at_the_same_moment_starts_one_job(booth):
    tokens = [await booth.works(), await booth.works("01B", agent="fix")]
    asked = await asyncio.gather(*(booth.validator.ask(t, "unit", TREE) for t in tokens))
    rows = [*await booth.of_run(), *await booth.of_run("01B")]
    leader = next(row for row in rows if row.follows is None)
    assert [row.follows for row in rows if row is not leader] == [leader.id]
    assert {each.id for each in asked} == {row.id for row in rows}


async def test_another_run_gets_the_verdict_of_the_first(booth):
    mine, theirs = await booth.works(), await booth.works("01B", agent="fix")
    first = await booth.validator.ask(mine, "unit", TREE)
    await booth.verdicts.end(await booth.begins(first.id), BAD)
    known = await booth.validator.ask(theirs, "unit", TREE)
    assert (known.under_way, known.cached, known.verdict.outcome) == (False, True, "failed")
    assert known.verdict.failing == ("test_a.py::test_a",)
    (row,) = await booth.of_run("01B")
    assert (row.id, row.cached, row.job) == (known.id, True, None)


async def test_a_run_that_asks_for_the_same_tree_again_is_answered_and_counted(booth):
    token = await booth.works()
    first = await booth.validator.ask(token, "unit", TREE)
    await booth.verdicts.end(await booth.begins(first.id), GOOD)
    again = await booth.validator.ask(token, "unit", TREE)
    assert (again.id, again.cached, again.verdict.outcome) == (first.id, True, "passed")
    (row,) = await booth.of_run()
    assert (row.hits, row.cached) == (1, False)


async def test_what_says_nothing_of_the_tree_is_run_anew(booth):
    token = await booth.works()
    first = await booth.validator.ask(token, "unit", TREE)
    await booth.verdicts.end(await booth.begins(first.id), replace(GOOD, cause="timeout"))
    again = await booth.validator.ask(token, "unit", TREE)
    assert (again.under_way, again.id != first.id) == (True, True)


async def test_another_tree_another_name_and_a_fork_are_other_questions(booth):
    token = await booth.works()
    await booth.works("01B", agent="fix", fork=True, number=9)
    for name, tree in (("unit", TREE), ("unit", OTHER), ("lint", TREE)):
        await booth.validator.ask(token, name, tree)
    await booth.validator.ask(SecretStr("run-01B"), "unit", TREE)
    rows = [*await booth.of_run(), *await booth.of_run("01B")]
    assert [row.follows for row in rows] == [None] * 4
    assert len({row.key for row in rows}) == 4


async def test_verdicts_do_not_hold_for_ever(booth):
    first = await booth.validator.ask(await booth.works(), "unit", TREE)
    await booth.verdicts.end(await booth.begins(first.id), GOOD)
    booth.now += validator.HOLDS + 1
    later = await booth.validator.ask(await booth.works("01B", agent="fix"), "unit", TREE)
    assert later.under_way


async def test_what_is_not_in_the_terms_is_refused(booth):
    token = await booth.works()
    assert await refused(booth.validator.ask(token, "deploy", TREE)) == "validation"


async def test_work_that_the_run_has_not_left_is_refused(booth):
    token = await booth.works()
    strange = Tree(sha=TREE.sha, work="b" * 64)
    assert await refused(booth.validator.ask(token, "unit", strange)) == "blob"
    asked = await booth.validator.ask(token, "unit", Tree(sha=TREE.sha, work=None))
    assert asked.under_way


async def test_a_run_has_few_under_way_and_not_too_many_in_all(booth, monkeypatch):
    token = await booth.works()
    for number in range(validator.MOST_UNDER_WAY):
        await booth.validator.ask(token, "unit", Tree(sha=Sha(f"{number}" * 40), work=None))
    assert await refused(booth.validator.ask(token, "lint", TREE)) == "busy"
    monkeypatch.setattr(validator, "MOST_ASKED", validator.MOST_UNDER_WAY)
    assert await refused(booth.validator.ask(token, "lint", TREE)) == "limit"


async def test_tokens_of_nobody_and_of_jobs_that_are_over_open_nothing(booth):
    token = await booth.works()
    asked = await booth.validator.ask(token, "unit", TREE)
    nobody = SecretStr("nobody")
    assert await refused(booth.validator.ask(nobody, "unit", TREE)) == "unknown_token"
    async with booth.store.begin() as tx:
        await jobs.end(tx, "01a-1", {"exit": 0}, now=NOW)
    with pytest.raises(Fenced):
        await booth.validator.ask(token, "unit", TREE)
    with pytest.raises(Fenced):
        await booth.validator.watch(token, asked.id)


async def test_a_run_sees_its_own_validations_alone(booth):
    token, other = await booth.works(), await booth.works("01B", agent="fix")
    asked = await booth.validator.ask(token, "unit", TREE)
    assert await refused(booth.validator.watch(other, asked.id)) == "no_validation"
    assert await refused(booth.validator.watch(token, ValidationId("01X"))) == "no_validation"


async def test_who_follows_hears_what_is_printed(booth):
    mine, theirs = await booth.works(), await booth.works("01B", agent="fix")
    first = await booth.validator.ask(mine, "unit", TREE)
    second = await booth.validator.ask(theirs, "unit", TREE)
    job = await booth.begins(first.id)
    assert await booth.verdicts.printed(job, b"one\n", at=0)
    heard = await booth.validator.watch(theirs, second.id)
    assert (heard.output, heard.printed, heard.under_way) == (b"one\n", 4, True)
    await booth.verdicts.end(job, GOOD)
    heard = await booth.validator.watch(theirs, second.id)
    assert (heard.verdict.outcome, heard.cached) == ("passed", True)


async def test_news_come_when_something_was_printed(booth):
    token = await booth.works()
    asked = await booth.validator.ask(token, "unit", TREE)
    job = await booth.begins(asked.id)
    listens = asyncio.create_task(booth.validator.news(token, asked.id, after=0, seconds=20))
    await booth.verdicts.printed(job, b"one\n", at=0)
    assert (await listens).output == b"one\n"
    silent = await booth.validator.news(token, asked.id, after=4, seconds=0)
    assert (silent.printed, silent.under_way) == (4, True)


async def test_people_are_shown_what_was_asked_for(booth):
    token = await booth.works()
    await booth.validator.ask(token, LINT.name, TREE)
    async with booth.store.read() as tx:
        comment = await outbox.find(tx, "comment:01A")
    assert "| `lint` | 🟡 waiting for a runner |" in comment.wish["body"]
