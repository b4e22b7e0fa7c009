"""Somebody is killed at one step of the main job; the end is as if nobody had been.

`make test` takes the deaths of `SAMPLE`; `make test-full` all of them: before and after each
commit of each process, each request of the worker's to GitHub, and each call of a job.
"""

from itertools import count

import pytest

from tests.deaths.ground import NAMES, Death, Request
from tests.deaths.traps import Trap

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_clean_run_is_counted(battlefield):
    errand = await battlefield.prepared()
    await errand.begin()
    await errand.settled()
    assert await errand.wrong() == []
    for name in NAMES:
        commits = battlefield.passage(name).points("commit")
        battlefield.tell(f"a clean run has {len(commits)} commits of {name}")
        assert commits
    calls = battlefield.passage("gateway").points("call")
    requests = await battlefield.world.control("GET /requests")
    battlefield.tell(f"… {len(calls)} calls of the job, {requests['count']} requests to GitHub")
    assert errand.jobs() == 1


def commit(of: str, side: str, match: str) -> Death:
    return Death(of=of, at=Trap(point="commit", side=side, nth=1, match=match))


def call(victim: str, side: str, match: str) -> Death:
    return Death(of="gateway", at=Trap(point="call", side=side, nth=1, match=match, victim=victim))


def request(side: str, match: str) -> Death:
    return Death(of="work", at=Request(side=side, match=match))


SAMPLE = [
    request("after", "POST .*/pulls"),
    call("harness", "after", "git-receive-pack"),
]
MORE = [
    commit("work", "after", "INSERT INTO jobs"),
    call("agent", "before", "/outputs"),
    commit("web", "after", "deliveries"),
    commit("gateway", "after", "INSERT INTO outputs"),
    request("after", "POST .*/comments"),
    request("before", "git-receive-pack"),
    commit("web", "before", "deliveries"),
    commit("work", "before", "INSERT INTO runs"),
    commit("gateway", "after", "UPDATE jobs"),
    call("harness", "before", "/outputs"),
    call("harness", "after", "/finish"),
    call("work", "before", "/steps"),
]
DEATHS = [*SAMPLE, *(pytest.param(each, marks=pytest.mark.full) for each in MORE)]


@pytest.mark.parametrize("death", DEATHS, ids=str)
async def test_a_death_changes_nothing(battlefield, death):
    point, wrong = await battlefield.dies(death)
    assert point
    assert wrong == []


@pytest.mark.full
@pytest.mark.parametrize("nth", [1, 2, 3])
async def test_a_worker_that_dies_again_on_its_way_up_changes_nothing(battlefield, nth):
    errand = await battlefield.prepared()
    first = Trap(point="commit", side="after", nth=1, match="INSERT INTO jobs")
    again = Trap(point="commit", side="before", nth=nth)
    world, passage = battlefield.world, battlefield.passage("work")
    first.set(passage.trap)
    await errand.begin()
    await world.processes["work"].wait()
    again.set(passage.trap)
    await world.start("work")
    await world.processes["work"].wait()
    await world.start("work")
    await errand.settled()
    assert await errand.wrong() == []


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("of", NAMES)
async def test_no_commit_is_a_bad_place_to_die(battlefield, of, side):
    deaths = (Death(of=of, at=Trap(point="commit", side=side, nth=nth)) for nth in count(1))
    assert await battlefield.dies_everywhere(deaths) == []


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("side", ["before", "after"])
async def test_no_request_is_a_bad_place_to_die(battlefield, side):
    deaths = (Death(of="work", at=Request(side=side, nth=nth)) for nth in count(1))
    assert await battlefield.dies_everywhere(deaths) == []


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("victim", ["harness", "agent", "work", "self"])
async def test_no_call_of_a_job_is_a_bad_place_to_die(battlefield, victim, side):
    deaths = (
        Death(of="gateway", at=Trap(point="call", side=side, nth=nth, victim=victim))
        for nth in count(1)
    )
    assert await battlefield.dies_everywhere(deaths) == []
