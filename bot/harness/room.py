"""How much disk a job holds, looked at from outside for as long as its agent works.

What a file may hold the kernel bounds; all files together it does not.  So a box of its own
counts every few seconds, which reads also what the agent has closed to its owner, and what
still lies there without a name is found by who has it open.
"""

import asyncio
import os
import stat
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from bot.harness.once import run
from bot.model.limits import Limits
from bot.sandbox.box import Bind, Box
from bot.sandbox.folder import JobFolder, Order

EVERY, SHARE = 2.0, 20
"""Seconds from one look to the next at least, and how many times as long as the look itself."""

PATIENCE = 120
"""Seconds that one look may take.  A tree of millions of files takes some."""

FILE = 4096
"""Bytes that each file counts for beside what it holds, since its name takes room as well."""

_KEPT = "/kept"
_COUNT = ("/bin/sh", "-c", f"exec 2>/dev/null; du -s -B1 {_KEPT}; du -s --inodes {_KEPT}")
_BLOCK = 512  # what st_blocks counts, https://man7.org/linux/man-pages/man3/stat.3type.html


async def overfull(
    folder: JobFolder, order: Order, firsts: Callable[[], Sequence[int | None]]
) -> str:
    """Return once a job holds more than it may, or more than can be counted, and say which.

    Args:
        folder: the job's.
        order: what the runner wrote.
        firsts: gives the process ids of the first processes in the boxes of its programs.
    """
    most, taken = Limits(**order.limits).disk, 0.0
    while True:
        await asyncio.sleep(max(EVERY, SHARE * taken))
        began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                held = await _named(folder, order)
                held += await asyncio.to_thread(nameless, firsts(), _devices(folder))
        except (TimeoutError, ValueError):
            return f"Its files could not be counted within {PATIENCE} s."
        if held > most:
            return f"Its files took more than {most / 2**30:,.2g} GiB of disk."
        taken = time.monotonic() - began


async def _named(folder: JobFolder, order: Order) -> int:
    """Count what has a name; what vanishes meanwhile is left out.

    Raises:
        ValueError: the box did not come up, or has been ended.
    """
    binds = (Bind(source=str(path), target=f"{_KEPT}/{path.name}") for path in _kept(folder))
    limits = replace(Limits(**order.limits), seconds=PATIENCE)
    box = Box(binds=tuple(binds), limits=limits, reads_all=True)
    _, said, _ = await run(folder, order, box, _COUNT)
    held, files = (int(line.split()[0]) for line in said.splitlines())
    return held + files * FILE


def _kept(folder: JobFolder) -> tuple[Path, ...]:
    """Return what a job writes to: its layers of workspace and home, or all where they are its."""
    tree = folder.root / "upper" if os.path.ismount(folder.workspace) else folder.workspace
    home = folder.root / "home.upper" if os.path.ismount(folder.home) else folder.home
    beside = (path for path in (folder.builds, folder.services) if path.exists())
    return (tree, home, *beside)


def _devices(folder: JobFolder) -> frozenset[int]:
    """Return on which devices its files are; those in memory are on others."""
    return frozenset(path.stat().st_dev for path in (folder.workspace, *_kept(folder)))


def nameless(firsts: Sequence[int | None], devices: Collection[int]) -> int:
    """Count the bytes of open files of these devices that no folder has any more.

    Args:
        firsts: processes; those that share the process ids of one are looked at.
        devices: numbers as in `st_dev`.
    """
    found = {
        (each.st_dev, each.st_ino): each.st_blocks * _BLOCK
        for first in firsts
        for each in _opened(first)
        if each.st_nlink == 0 and stat.S_ISREG(each.st_mode) and each.st_dev in devices
    }
    return sum(found.values())


def _opened(first: int | None) -> Iterator[os.stat_result]:
    """Yield what the processes have open; who has ended meanwhile has nothing."""
    for process in _together(first):
        with suppress(OSError):
            for descriptor in (process / "fd").iterdir():
                with suppress(OSError):
                    yield descriptor.stat()


def _together(first: int | None) -> Iterator[Path]:
    """Yield the processes of one namespace; who may not be looked at is somebody else's."""
    processes = Path("/proc")
    with suppress(OSError):
        there = (processes / f"{first}" / "ns/pid").stat().st_ino
        for process in processes.glob("[0-9]*"):
            with suppress(OSError):
                if (process / "ns/pid").stat().st_ino == there:
                    yield process
