import asyncio
from io import StringIO

import structlog

from bot.web.lines import Lines


class Writes(StringIO):
    """A file that remembers each write."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[str] = []

    def write(self, text: str) -> int:
        self.all.append(text)
        return len(text)


async def test_lines_of_one_round_of_the_loop_are_one_write():
    file = Writes()
    log = structlog.WriteLogger(Lines(file))
    log.info("one")
    log.info("two")
    assert file.all == []
    await asyncio.sleep(0)
    log.info("three")
    await asyncio.sleep(0)
    assert file.all == ["one\ntwo\n", "three\n"]


def test_outside_a_loop_each_line_is_written_at_once():
    file = Writes()
    log = structlog.WriteLogger(Lines(file))
    log.info("one")
    log.info("two")
    assert file.all == ["one\n", "two\n"]


def test_a_line_from_the_end_of_a_loop_is_not_lost():
    file = Writes()

    async def main() -> None:
        structlog.WriteLogger(Lines(file)).info("last words")

    asyncio.run(main())
    assert file.all == ["last words\n"]
