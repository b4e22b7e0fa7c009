"""Somebody is killed while a plan is asked about, or words reach an agent at work.

Only `make test-full` does this.
"""

import pytest

from tests.deaths import planning
from tests.deaths.ground import Death, Request
from tests.deaths.traps import Trap

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.full]


def commit(of: str, side: str, match: str) -> Death:
    return Death(of=of, at=Trap(point="commit", side=side, nth=1, match=match))


def call(victim: str, side: str, match: str) -> Death:
    return Death(of="gateway", at=Trap(point="call", side=side, nth=1, match=match, victim=victim))


def request(side: str, match: str) -> Death:
    return Death(of="work", at=Request(side=side, match=match))


MAIL, SIDES = "INSERT INTO mailbox", ("before", "after")
DEATHS = [
    (planning.Plans, commit("gateway", "after", "INSERT INTO outputs")),
    (planning.Plans, commit("work", "before", "INSERT INTO waits")),
    (planning.Plans, commit("work", "after", "INSERT INTO waits")),
    (planning.Plans, request("after", "POST .*/comments")),
    *(
        (planning.Agrees, commit("work", side, "INSERT INTO mailbox"))
        for side in ("before", "after")
    ),
    (planning.Agrees, request("after", "PATCH .*/comments")),
    (planning.Agrees, call("harness", "after", "/outputs")),
    *(
        (planning.Steers, commit("work", side, "INSERT INTO mailbox"))
        for side in ("before", "after")
    ),
    (planning.Steers, call("harness", "after", "/checkpoint")),
    (planning.Steers, call("self", "before", "/messages")),
]


def name(each: object) -> str:
    return each.__name__ if isinstance(each, type) else str(each)


@pytest.mark.parametrize(("kind", "death"), DEATHS, ids=name)
async def test_a_death_changes_nothing(battlefield, kind, death):
    point, wrong = await battlefield.dies(death, kind)
    assert point
    assert wrong == []
