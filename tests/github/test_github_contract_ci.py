"""What others report on a commit, from the embedded GitHub to a verdict."""

import pytest

from bot.model.errors import Refused
from bot.model.priorities import Priority
from bot.rules.digest import digest
from bot.rules.standings import standings
from bot.rules.verdict import Flaky, Green, Red, Watch, fold
from tests.github.embedded import REPO

LOG = "##[group]Run make\ncc a.c\na.c:3:1: error: expected ';'\n##[error]Process completed\n"


async def reports(hub, head, **body) -> int:
    told = {"repository": REPO, "app": "github-actions", "name": "build", "sha": head}
    return (await hub.control("POST /checks", **told, **body))["id"]


async def verdict(hub, head):
    watch = Watch(ours=hub.app["id"], since=0.0)
    return fold(await hub.octo.ci.seen(head), watch, now=2e9)


async def test_a_job_of_actions_that_failed_is_red_and_its_log_is_digested(hub):
    head = await hub.octo.repository.head("main")
    await reports(hub, head, conclusion="failure", log=LOG)
    red = await verdict(hub, head)
    assert isinstance(red, Red)
    (failure,) = await hub.octo.ci.failures(red.failures)
    assert failure.note == ""
    assert digest(failure).errors == ("a.c:3:1: error: expected ';'",)


async def test_of_a_long_log_the_ends_are_read(hub):
    head = await hub.octo.repository.head("main")
    job = await reports(hub, head, conclusion="failure", log=LOG, log_times=50_000)
    log = await hub.octo.ci.log(job)
    assert log.left_out > 1_000_000


async def test_a_job_that_was_stopped_is_run_again_where_that_is_granted(hub):
    head = await hub.octo.repository.head("main")
    await reports(hub, head, conclusion="cancelled")
    flaky = await verdict(hub, head)
    assert isinstance(flaky, Flaky)
    (row,) = flaky.rerunnable
    with pytest.raises(Refused, match="actions: write") as refused:
        await hub.octo.ci.rerun(row.id, priority=Priority.RESULT)
    assert refused.value.reason == "permission"


async def test_a_branch_without_rules_requires_nothing(hub):
    assert await hub.octo.ci.required("main") == frozenset()


async def test_nobody_has_reported(hub):
    head = await hub.octo.repository.head("main")
    assert standings(await hub.octo.ci.seen(head), ours=hub.app["id"]) == ()


async def test_a_job_that_passed_is_green(hub):
    head = await hub.octo.repository.head("main")
    await reports(hub, head, conclusion="success")
    assert await verdict(hub, head) == Green()
