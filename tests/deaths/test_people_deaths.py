"""Somebody is killed while people talk to the app; the end is as if nobody had been.

Only `make test-full` does this: all deaths of the worker, and those of the others that the main
job does not have.
"""

from itertools import count

import pytest

from tests.deaths import errands
from tests.deaths.ground import Death, Request
from tests.deaths.traps import Trap

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.full]


def commit(of: str, side: str, match: str) -> Death:
    return Death(of=of, at=Trap(point="commit", side=side, nth=1, match=match))


def request(side: str, match: str) -> Death:
    return Death(of="work", at=Request(side=side, match=match))


DEATHS = [
    (errands.SaysYes, commit("work", "after", "INSERT INTO waits")),
    (errands.CommandsOnPull, request("after", "git-receive-pack")),
    (errands.Questions, commit("gateway", "after", "INSERT INTO outputs")),
    (errands.AsksForYes, request("after", "POST .*/comments")),
    (errands.Refuses, request("after", "POST .*/comments")),
    (errands.Misconfigures, request("after", "POST .*/check-runs")),
    (errands.Commands, commit("work", "after", "INSERT INTO runs")),
    (errands.CommandsSigned, request("after", "POST .*/git/commits")),
    (errands.StopsInstead, commit("work", "before", "UPDATE runs")),
    (errands.Replies, request("after", "POST .*/comments")),
    (errands.Pauses, commit("web", "after", "deliveries")),
    (errands.Resumes, commit("work", "before", "pauses")),
    (errands.Expires, commit("work", "before", "UPDATE runs")),
]
ALL = list(dict.fromkeys(kind for kind, _ in DEATHS))


def name(each: object) -> str:
    return each.__name__ if isinstance(each, type) else str(each)


@pytest.mark.parametrize(("kind", "death"), DEATHS, ids=name)
async def test_a_death_changes_nothing(battlefield, kind, death):
    point, wrong = await battlefield.dies(death, kind)
    assert point
    assert wrong == []


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("kind", ALL, ids=name)
async def test_no_commit_of_the_worker_is_a_bad_place_to_die(battlefield, kind, side):
    deaths = (Death(of="work", at=Trap(point="commit", side=side, nth=nth)) for nth in count(1))
    assert await battlefield.dies_everywhere(deaths, kind) == []


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("kind", ALL, ids=name)
async def test_no_request_is_a_bad_place_to_die(battlefield, kind, side):
    deaths = (Death(of="work", at=Request(side=side, nth=nth)) for nth in count(1))
    assert await battlefield.dies_everywhere(deaths, kind) == []
