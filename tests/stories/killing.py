"""Agents that are held in the middle of their work, and what is killed meanwhile."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.stories.remains import command_line, live_jobs, owner
from tests.stories.world import World

HELD = "sleep 0.05"
"""What a formatter that is held does; see `project.PROGRAM`."""


@asynccontextmanager
async def held(world: World) -> AsyncIterator[None]:
    """Have every formatter wait before it begins, for as long as the block lasts."""
    assert world.tools is not None
    hold = world.tools / "lib" / "hold"
    hold.touch()
    try:
        yield
    finally:
        hold.unlink()


async def at_work(world: World) -> None:
    """Wait until a formatter is held."""

    async def holds() -> bool:
        return bool(processes(world, HELD))

    await world.until(holds, "a formatter that is held")


def kill_agent(world: World, program: str) -> None:
    """Kill the agents of all jobs, whose command line has `program` in it."""
    found = processes(world, program)
    assert found, f"no {program} runs"
    for pid in found:
        os.kill(pid, signal.SIGKILL)


def kill_harness(world: World) -> None:
    """Kill the harness of every job."""
    jobs = live_jobs(world.home)
    assert jobs, "no job is alive"
    for job in jobs:
        os.kill(int(job.pid.read_text().split()[0]), signal.SIGKILL)


def processes(world: World, words: str) -> list[int]:
    """Process ids of this world's jobs whose command line has these words in it."""
    return [
        int(path.name)
        for path in Path("/proc").glob("[0-9]*")
        if owner(path) in world.uids and words in command_line(path)
    ]
