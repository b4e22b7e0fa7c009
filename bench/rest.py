"""What `greenroom serve` takes while nothing happens: memory shared fairly, and processor time."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.place import scratch
from bench.table import Row, bounded
from bot.demo.scene import scene

SETTLES = 5.0
WATCHED = 20.0
MEMORY = 150.0
"""Megabytes of the whole group."""

CORE = 1.0
"""Percent of one core."""


async def rows() -> list[Row]:
    """Start the group, let it settle, watch it."""
    with scratch() as root:
        async with scene(root / "scene") as world:
            await world.start("serve")
            await world.install()
            await asyncio.sleep(SETTLES)
            group = list(family(world.processes["serve"].pid))
            print(f"  watching {len(group)} processes for {WATCHED:.0f} s", file=sys.stderr)
            before, began = sum(map(used, group)), time.monotonic()
            await asyncio.sleep(WATCHED)
            share = (sum(map(used, group)) - before) / (time.monotonic() - began) * 100
            taken = sum(map(memory, group))
    return [
        bounded("serve at rest: memory", "MB", [taken], at_most=MEMORY),
        bounded("serve at rest: processor", "% of a core", [share], at_most=CORE),
    ]


def family(pid: int) -> Iterator[int]:
    """Yield a process and all that it has started."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from family(int(child))


def memory(pid: int) -> float:
    """Return megabytes, a page that several processes share counted in parts (PSS)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise LookupError(pid)


def used(pid: int) -> float:
    """Return seconds of processor time, from proc(5)'s utime and stime."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
