"""Real agents from a label to a merged pull request, with a script for their model."""

import json

import pytest
import pytest_asyncio

from bot.model.money import micros
from tests.stories.realagents import KEY, real_world
from tests.stories.remains import left_over
from tests.stories.search import Search
from tests.stories.spending import LOOP, looping
from tests.stories.sums import TIDY, sums

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.full]

WRONG, UNTIDY = "return a + b + 1", "return a+b"

OPENS = "echo Adds. | greenroom output pull-request --title Add --body-file -"
PUSHES = "echo Adds. | greenroom output push --title 'Add again' --body-file -"


LOOKS = (
    "env; tr '\\0' ' ' < /proc/1/cmdline; cat /proc/[0-9]*/environ | tr '\\0' ' ';"
    " cat /run/greenroom/brief.*; find ~ -name '*.json*' -type f -exec cat {} +"
)
"""What an agent may look for; all that it finds is sent to its model."""


def change(old, new, hand_in):
    return [
        {"do": [{"run": f"sed -i 's/{old}/{new}/' sums.py && {hand_in}"}]},
        {"say": "Handed in."},
    ]


STORY = [
    {"do": [{"run": LOOKS}]},
    *change("return a + b", "return a+b + 1", OPENS),
    *change("return a+b + 1", "return b + a", PUSHES),
    *change("return b + a", "return a + b", PUSHES),
]


@pytest_asyncio.fixture(
    scope="module",
    loop_scope="module",
    params=["gemini", "opencode"],
)
async def real(request, tmp_path_factory):
    """A world with one of them in it."""
    async with real_world(tmp_path_factory.mktemp(request.param), request.param) as made:
        yield made


async def test_red_ci_and_a_review_are_answered_in_one_session_and_merged(real):
    town, model = real.town, real.model
    model.play({"turns": STORY})
    asked = await sums(town, "Add two numbers.")
    await asked.label(label="agent:fix")
    await asked.parked("review", within=120)
    assert asked.jobs() == 2
    assert await left_over(town.home, town.uids) == []
    pull = await asked.pull()
    await asked.review(pull, "request_changes", suggestion="    return a + b")
    await asked.has_jobs(3)
    await asked.parked("review")
    assert await asked.text("sums.py", pull) == TIDY
    assert real.answered() == list(range(7))
    await asked.review(pull, "approve")
    await asked.settled()
    assert asked.run() == ("finished", "none", "success", "maintainer approved it.")
    await asked.merge(pull)
    assert await asked.branches() == ["main"]


async def test_a_loop_never_spends_above_its_budget_and_more_goes_on_in_its_session(real):
    town, model = real.town, real.model
    before = len(real.answered())
    model.play({"turns": [*LOOP, {**LOOP[0], "again": True}]})
    asked = await looping(town, real.model_name)
    await asked.label(label="agent:loop")
    await asked.settled(within=120)
    assert asked.run()[2:] == (
        "failure",
        "It has reached its budget of $0.50. `/gr continue +$2` goes on.",
    )
    asks = len(real.answered()) - before
    assert real.answered()[before:] == list(range(asks))
    assert 0 < asked.spent() <= micros("0.50")
    model.play({"turns": [*LOOP[:asks], {"say": "It is over."}]})
    await asked.says("/gr continue +$2")
    await asked.goes_on()
    await asked.settled(within=120)
    assert real.answered()[before:] == list(range(asks + 1))
    assert asked.spent() <= micros("2.50")


async def test_no_credential_is_in_anything_that_is_left(real):
    secret = json.loads((real.town.root / "app.json").read_text())["secret"]
    search = Search.of((real.town.root / "app.pem").read_text(), secret)
    assert search.inside(KEY.encode())
    assert all(each.key for each in real.model.came)
    assert search.files(real.town.root).keys() == {"app.json", "app.pem"}
    assert search.repositories(real.town.root) == {}
    prompts = [each.body for each in real.model.came]
    assert any("GREENROOM_SOCKET=" in each for each in prompts)
    assert not any(search.inside(each.encode()) for each in prompts)
