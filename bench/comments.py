"""How long it takes to find the commands in the longest of comments, against reading its Markdown.

The baseline is markdown-it-py's own full parse of the same text, in turn with ours, both in
processor time.  Each text has commands, so that none is passed over; the worst kinds are what
makes a parser look again.
The last row is how long an event loop pauses at most while a thread beside it reads the worst.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable

from markdown_it import MarkdownIt

from bench.table import Row, bounded, compared
from bot.rules.grammar import Grammar, commands

LONGEST = 65_536
"""Characters of a comment on GitHub at most."""

ROUNDS = 7
WORST = "pictures"
PAUSE = 50.0
"""Milliseconds for which nobody who waits for an answer would notice a pause."""

COMMAND = "/gr fix the race in the cache\n"
GRAMMAR = Grammar(bare=frozenset({"fix", "review", "ask"}))

KINDS = {
    "prose with commands": "Some words about the `cache`, see [docs](http://x/y).\n\n" + COMMAND,
    "commands alone": "/gr fix\n",
    "commands in paragraphs": "a\n\n" + COMMAND + "\n",
    "nested quotes": "> > > > > words\n",
    "deeper quotes": ">" * 40 + " words\n",
    "a long list": "- item\n",
    "commands in a list": "- " + COMMAND,
    "nested lists": "1. a\n   - b\n     - c\n",
    "fences": "```\n" + COMMAND + "```\n",
    "code in lines": "`\n" + COMMAND,
    "links": "[a](b) [c][d]\n",
    "open links": "[a](",
    "brackets": "[",
    "pictures": "![",
    "backticks": "` `` ``` ",
    "tags": "<a b='",
    "comments": "a <!-- b\n",
    "blocks of HTML": "<div>\n\n",
    "definitions": "[a]: /gr\n",
    "tables": "a|b\n-|-\n" + COMMAND,
    "headings": "a\n==\n",
    "stars": "*a **b ",
}


async def rows() -> AsyncIterator[Row]:
    markdown = MarkdownIt("commonmark")
    for kind, piece in KINDS.items():
        text = _filled(piece)
        ours: list[float] = []
        theirs: list[float] = []
        for _ in range(ROUNDS):
            ours.append(_took(lambda text=text: commands(text, GRAMMAR)))
            theirs.append(_took(lambda text=text: markdown.parse(text)))
        print(f"  {kind}: {min(ours):.1f} of {min(theirs):.1f} ms", file=sys.stderr, flush=True)
        yield compared(f"commands in {kind}", "ms", ours, theirs, at_most=1.2)
    pauses = [await _pause(_filled(KINDS[WORST])) for _ in range(ROUNDS)]
    yield bounded(f"event loop beside {WORST}", "ms", pauses, at_most=PAUSE)


async def _pause(text: str) -> float:
    """Return the longest pause of the loop while a thread reads the text."""
    reading = asyncio.create_task(asyncio.to_thread(commands, text, GRAMMAR))
    longest, before = 0.0, time.perf_counter()
    while not reading.done():
        await asyncio.sleep(0.001)
        longest, before = max(longest, time.perf_counter() - before), time.perf_counter()
    return longest * 1000


def _filled(piece: str) -> str:
    """Repeat a piece up to the longest comment, and say a command below it."""
    room = LONGEST - len(COMMAND) - 1
    return (piece * (room // len(piece) + 1))[:room] + "\n" + COMMAND


def _took(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000
