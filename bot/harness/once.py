"""One program in a box of its own, to its end."""

import asyncio
import os
import subprocess
from collections.abc import Sequence

from bot.harness.program import bubblewrap
from bot.sandbox.box import Box, Descriptors, argv
from bot.sandbox.ending import end
from bot.sandbox.folder import LOCK, JobFolder, Order


async def run(
    folder: JobFolder, order: Order, box: Box, program: Sequence[str]
) -> tuple[int, str, str]:
    """Run a program in a box, and return its status and what it wrote on both its outputs.

    Cancelled, or out of the caller's time, it is ended with everything in the box.
    """
    with folder.filter.open("rb") as rules:
        descriptors = Descriptors(seccomp=rules.fileno(), alive=LOCK)
        words = argv(box, program, bubblewrap(order), descriptors)
        process = await asyncio.create_subprocess_exec(
            *map(os.fsencode, words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(rules.fileno(), LOCK),
            env={},
            cwd="/",
        )
        try:
            said, complaint = await process.communicate()
        finally:
            if process.returncode is None:
                end(process.pid)
                await process.wait()
    return await process.wait(), _text(said), _text(complaint)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
