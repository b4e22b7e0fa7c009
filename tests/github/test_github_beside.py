"""Requests side by side: each begins before another has ended, and one problem is one."""

import asyncio

import pytest

from bot.github.beside import both, together
from bot.model.errors import Unavailable


async def meets(barrier, answer):
    """Answer when the other has come as far."""
    await barrier.wait()
    return answer


async def breaks():
    raise Unavailable("github", "down", retry_after=1)


async def test_two_of_different_kinds_are_asked_at_once():
    barrier = asyncio.Event()

    async def opens():
        barrier.set()
        return "opened"

    assert await both(meets(barrier, 4), opens()) == (4, "opened")


async def test_answers_come_in_the_order_of_the_questions():
    barrier = asyncio.Event()
    barrier.set()
    assert await together(meets(barrier, number) for number in range(3)) == [0, 1, 2]


@pytest.mark.parametrize("beside", [both, lambda *work: together(work)])
async def test_the_problem_of_one_is_raised_as_it_is_and_ends_the_other(beside):
    never = asyncio.Event()
    ended = asyncio.create_task(meets(never, None))
    with pytest.raises(Unavailable, match="down"):
        await beside(asyncio.wait_for(ended, None), breaks())
    assert ended.cancelled()
