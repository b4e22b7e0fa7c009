"""Lines of progress: in order, and of too many the newest."""

import asyncio

from bot.agents.teller import AT_ONCE, Teller


class Told:
    """Lines that were told, and somebody who may be slow to tell them."""

    def __init__(self):
        self.lines = []
        self.some = asyncio.Event()

    async def tell(self, line):
        self.lines.append(line)
        self.some.set()


async def run_with(teller, lines):
    task = asyncio.create_task(teller.run())
    for line in lines:
        teller.say(line)
        await asyncio.sleep(0)
    return task


async def test_few_lines_are_told_in_order():
    told = Told()
    teller = Teller(told.tell)
    task = await run_with(teller, "abc")
    teller.close()
    await task
    assert told.lines == ["a", "b", "c"]


async def test_of_many_the_newest_is_told_after_a_while():
    told = Told()
    teller = Teller(told.tell, pause=0.01)
    task = await run_with(teller, map(str, range(3 * AT_ONCE)))
    assert told.lines == [str(number) for number in range(AT_ONCE)]
    told.some.clear()
    await told.some.wait()
    assert told.lines[AT_ONCE:] == [str(3 * AT_ONCE - 1)]
    teller.close()
    await task


async def test_the_end_does_not_wait_for_the_pause():
    told = Told()
    teller = Teller(told.tell, pause=3600)
    task = await run_with(teller, map(str, range(3 * AT_ONCE)))
    teller.close()
    await task
    assert told.lines[-1] == str(3 * AT_ONCE - 1)
