"""What ten thousand runs cost that wait for CI: memory, disk, and the time to wake another.

One run is brought by a real job to where it waits; its rows, all that there are, are then
copied.  Two apps run side by side, one with ten runs and one with ten thousand: both are
measured at rest, and runs are woken in each in turn, as the bench of waking does.  In the end
a thousand more are woken at once in the larger one: `bench.wave`.
"""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import AsyncExitStack, closing
from pathlib import Path

from bench import waking, wave
from bench.copies import copied
from bench.place import scratch
from bench.rest import family, memory
from bench.table import Row, bounded, compared
from bench.waking import Waking

FEW, MANY = 10, 10_000
WAKES = 7
SETTLES = 5.0
RESTS = 20.0
"""Seconds until nothing of the runs that went on is left."""

MEMORY = 20.0
"""Megabytes that ten thousand may take above ten."""

DISK = 2.0
"""Kilobytes of a row, indexes included."""

RATIO = 1.2


async def rows() -> list[Row]:
    """Let runs wait, measure at rest, then wake some."""
    with scratch() as root:
        async with AsyncExitStack() as stack:
            few, many = [
                await stack.enter_async_context(waking.awake(root / name))
                for name in ("few", "many")
            ]
            taken = [await _filled(each, most) for each, most in ((few, FEW), (many, MANY))][-1]
            await asyncio.sleep(RESTS)
            above = _memory(many) - _memory(few)
            seen = [[await each.wake() for each in (few, many)] for _ in range(WAKES)]
            woken = await wave.rows(many.world)
    took = [[waking.took(pair[which]) for pair in seen] for which in (0, 1)]
    return [
        bounded("parked, 10,000: memory above ten", "MB", [above], at_most=MEMORY),
        bounded("parked, 10,000: processes and threads", "", [taken["threads"]], at_most=0.0),
        Row(name="parked: disk of a run", value=round(taken["run"], 2), unit="KB"),
        bounded("parked: disk of a row", "KB", [taken["row"]], at_most=DISK),
        compared("wake of one beside 10,000", "ms", took[1], took[0], at_most=RATIO),
        *woken,
    ]


async def _filled(runs: Waking, most: int) -> Mapping[str, float]:
    """Copy the rows of a run that waits, and then let it go on.

    Return the kilobytes of a copy and of one of its rows, and the threads that came with them.
    """
    at = await runs.park()
    await asyncio.sleep(SETTLES)
    threads = _threads(runs)
    with closing(sqlite3.connect(runs.world.home / "greenroom.db", timeout=30)) as database:
        (run,) = database.execute("SELECT id FROM runs WHERE state = 'parked'").fetchone()
        before = _size(database)
        rows = copied(database, run, range(most))
        database.commit()
        taken = (_size(database) - before) / 1024
    await asyncio.sleep(SETTLES)
    more = _threads(runs) - threads
    await runs.go_on(at)
    return {"run": taken / most, "row": taken / rows, "threads": float(more)}


def _size(database: sqlite3.Connection) -> int:
    (pages,), (size,) = (
        database.execute(f"PRAGMA {what}").fetchone() for what in ("page_count", "page_size")
    )
    return int(pages * size)


def _memory(runs: Waking) -> float:
    return sum(map(memory, _processes(runs)))


def _processes(runs: Waking) -> list[int]:
    """Return the app's own: the embedded GitHub is none of it."""
    processes = runs.world.processes.items()
    return [pid for name, each in processes if name != "devhub" for pid in family(each.pid)]


def _threads(runs: Waking) -> int:
    """Count processes and their threads."""
    tasks = [Path(f"/proc/{pid}/task") for pid in _processes(runs)]
    return sum(len(list(task.iterdir())) for task in tasks)
