"""What real agents make of a model in trouble, and what people are told of it."""

import pytest

from bot.gateway.upstream import GIVEN_UP
from tests.real.programs import runtimes, slowly
from tests.real.test_real_runtimes import DONE, FIRST, MOST_TRIES, WORK

GATEWAYS_TRIES = 2
"""How often the gateway of these tests asks for one request of an agent."""

LOCKED_OUT = "Its key, which the operator has set, is not accepted."
LATE = "did not answer in time."

TROUBLE = [
    ({"status": 401}, LOCKED_OUT),
    ({"status": 500}, GIVEN_UP),
    ({"drop": 0}, GIVEN_UP),
    ({"stall": 30}, LATE),
]


async def ends_at_once(put, runtime, trouble, words):
    it = await put(runtime, {"turns": [WORK, {**trouble, "again": True}]})
    report, _ = await it.works(FIRST)
    assert (report["cause"], report["signal"]) == ("crashed", None)
    assert words in report["words"]
    assert len(it.model.came) <= 1 + GATEWAYS_TRIES * MOST_TRIES


@runtimes
async def test_a_model_that_is_asked_too_often_ends_it_at_once(put, runtime):
    await ends_at_once(put, runtime, {"status": 429}, GIVEN_UP)


@pytest.mark.parametrize(("trouble", "words"), TROUBLE)
@slowly
async def test_a_model_that_does_not_answer_ends_it_at_once(put, runtime, trouble, words):
    await ends_at_once(put, runtime, trouble, words)


@slowly
async def test_an_answer_that_is_cut_is_never_taken_for_the_last(put, runtime):
    it = await put(runtime, {"turns": [WORK, {"drop": 3}, DONE]})
    report, steps = await it.works(FIRST)
    asked_again = len(it.model.came) == 3
    assert (report["cause"] == "exited") == asked_again
    assert (steps[-1] == "All is done.") == asked_again
