"""How a box is ended at once, whenever that is.

The first process inside dies with bubblewrap outside, but only once the box is set up: killed
before that, bubblewrap leaves it behind, waiting for ever and holding the job's lock.
"""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

LOOKS, PAUSE = 100, 0.001
"""How often, and after how many seconds, it is looked whether bubblewrap stands still."""


def end(bubblewrap: int) -> None:
    """Kill a box by the process id of its bubblewrap, which the caller has yet to wait for.

    It is made to stand still first, so that what it has started is all that it will start.
    """
    with suppress(ProcessLookupError):
        os.kill(bubblewrap, signal.SIGSTOP)
        for _ in range(LOOKS):
            if _state(bubblewrap) in "TZX":
                break
            time.sleep(PAUSE)
        for child in children(bubblewrap):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        os.kill(bubblewrap, signal.SIGKILL)


def children(process: int) -> Sequence[int]:
    """Return the processes that one has started; none when it is gone."""
    listed = Path(f"/proc/{process}/task/{process}/children")
    try:
        return [int(word) for word in listed.read_text(encoding="ascii").split()]
    except OSError:
        return ()


def _state(process: int) -> str:
    """Return the letter that the kernel has for what a process does; X when it is gone."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "X"
    return told.rpartition(")")[2].split()[0]
