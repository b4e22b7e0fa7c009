"""Somebody is killed while a validation is asked for, run and told of; the end is the same.

Only `make test-full` does this; `make test` has a worker die at each commit of its own loop.
"""

import pytest

from tests.deaths import checked
from tests.deaths.ground import Death
from tests.deaths.traps import Trap

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.full]


def commit(of: str, side: str, match: str) -> Death:
    return Death(of=of, at=Trap(point="commit", side=side, nth=1, match=match))


def call(victim: str, side: str, match: str, nth: int = 1) -> Death:
    return Death(
        of="gateway", at=Trap(point="call", side=side, nth=nth, match=match, victim=victim)
    )


ASKED, LAUNCHED, PRINTED, VERDICT = (
    *(" /validations$", "/validation/launch", "/validation/output", "/validation/verdict"),
)
DEATHS = [
    (checked.Checks, commit("gateway", "before", "INSERT INTO validations")),
    (checked.Checks, commit("gateway", "after", "INSERT INTO validations")),
    (checked.Checks, commit("gateway", "after", "UPDATE validations")),
    (checked.Checks, commit("work", "before", "UPDATE validations")),
    (checked.Checks, commit("work", "after", "UPDATE validations")),
    *((checked.Checks, call("harness", side, ASKED)) for side in ("before", "after")),
    *((checked.Checks, call("harness", side, LAUNCHED)) for side in ("before", "after")),
    *((checked.Checks, call("harness", side, VERDICT)) for side in ("before", "after")),
    *((checked.Checks, call("self", side, VERDICT)) for side in ("before", "after")),
    (checked.Checks, call("harness", "after", PRINTED)),
    (checked.Checks, call("work", "before", PRINTED)),
    (checked.ValidatesPull, commit("work", "before", "UPDATE validations")),
    (checked.ValidatesPull, commit("work", "after", "UPDATE validations")),
    (checked.ValidatesPull, call("self", "before", VERDICT)),
    (checked.ValidatesPull, call("harness", "after", LAUNCHED)),
]


def name(each: object) -> str:
    return each.__name__ if isinstance(each, type) else str(each)


@pytest.mark.parametrize(("kind", "death"), DEATHS, ids=name)
async def test_a_death_changes_nothing(battlefield, kind, death):
    point, wrong = await battlefield.dies(death, kind)
    assert point
    assert wrong == []
