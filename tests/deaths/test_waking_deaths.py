"""Somebody is killed while a run that waits is woken; the end is as if nobody had been.

Only `make test-full` does this: at the first of every kind of commit and of request, and at all
calls of the second job.
"""

import re
from itertools import count

import pytest

from tests.deaths import waking
from tests.deaths.ground import Death, Request
from tests.deaths.traps import Trap

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.full]


def commit(of: str, side: str, match: str) -> Death:
    return Death(of=of, at=Trap(point="commit", side=side, nth=1, match=match))


def call(victim: str, side: str, match: str) -> Death:
    return Death(of="gateway", at=Trap(point="call", side=side, nth=1, match=match, victim=victim))


def request(side: str, match: str) -> Death:
    return Death(of="work", at=Request(side=side, match=match))


DEATHS = [
    (waking.Answers, call("harness", "before", "/finish")),
    (waking.Mends, commit("work", "after", "INSERT INTO mailbox")),
    (waking.Reviews, request("after", "POST .*/pulls/.*/comments")),
    (waking.Mends, commit("work", "before", "INSERT INTO mailbox")),
    (waking.Mends, commit("web", "after", "deliveries")),
    (waking.Mends, call("harness", "after", "/finish")),
    (waking.Answers, commit("gateway", "before", "UPDATE mailbox")),
    (waking.Reviews, call("harness", "before", "/outputs")),
    (waking.Approves, commit("work", "after", "DELETE FROM waits")),
    (waking.Merges, request("after", "DELETE .*/git/refs")),
]
ALL = list(dict.fromkeys(kind for kind, _ in DEATHS))


def name(each: object) -> str:
    return each.__name__ if isinstance(each, type) else str(each)


@pytest.mark.parametrize(("kind", "death"), DEATHS, ids=name)
async def test_a_death_changes_nothing(battlefield, kind, death):
    point, wrong = await battlefield.dies(death, kind)
    assert point
    assert wrong == []


UPLOADS = [
    (call("harness", "before", "/checkpoint"), "one\n"),
    (call("harness", "after", "/checkpoint"), "one\ntwo\n"),
    (commit("gateway", "before", "^UPDATE runs$"), "one\n"),
    (commit("gateway", "after", "^UPDATE runs$"), "one\ntwo\n"),
]


@pytest.mark.parametrize(("death", "kept"), UPLOADS, ids=name)
async def test_the_next_job_goes_on_from_the_last_checkpoint_that_was_whole(
    battlefield, death, kept
):
    errand = await battlefield.prepared(waking.GoesOn)
    point, wrong = await battlefield.dies_in(errand, death)
    assert point
    assert wrong == []
    assert await errand.kept() == kept


MOVING = r"[0-9a-f]{40}|\d+"
"""What is another in the name of a request each time that somebody asks for the same."""


def kinds(names):
    """Return a pattern for each kind of point, in an errand's order."""
    parts = (map(re.escape, re.split(MOVING, each)) for each in names)
    return dict.fromkeys(f"^{f'(?:{MOVING})'.join(each)}$" for each in parts)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("kind", ALL, ids=name)
async def test_no_commit_is_a_bad_place_to_die(battlefield, kind, side):
    commits, _ = await battlefield.passed(kind)
    deaths = (
        Death(of=of, at=Trap(point="commit", side=side, nth=1, match=match))
        for of, names in commits.items()
        for match in kinds(names)
    )
    assert await battlefield.dies_at_each(deaths, kind) == []


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("kind", ALL, ids=name)
async def test_no_request_is_a_bad_place_to_die(battlefield, kind, side):
    _, requests = await battlefield.passed(kind)
    deaths = (Death(of="work", at=Request(side=side, match=each)) for each in kinds(requests))
    assert await battlefield.dies_at_each(deaths, kind) == []


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("victim", ["harness", "work", "self"])
@pytest.mark.parametrize("kind", [waking.Mends, waking.Answers, waking.Reviews], ids=name)
async def test_no_call_of_the_second_job_is_a_bad_place_to_die(battlefield, kind, victim, side):
    deaths = (
        Death(of="gateway", at=Trap(point="call", side=side, nth=nth, victim=victim))
        for nth in count(1)
    )
    assert await battlefield.dies_everywhere(deaths, kind) == []
