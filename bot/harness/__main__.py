"""A job's harness: `python -I -S -c "... main()" FOLDER`, started by a runner.

The job's lock comes as descriptor 3, already held, and the launch token as the first line
of stdin.  Until the job's program runs, nothing is imported but the standard library and
plain values, and of these only what its task needs; the rest comes up beside the program.
"""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from bot.harness.say import say
from bot.harness.stage import prepare
from bot.model.errors import Fenced, Unavailable
from bot.model.inside import SOCKET
from bot.sandbox.folder import LOCK, JobFolder
from bot.sandbox.mounts import hide_from_siblings
from bot.sandbox.sockets import short_path

SUPERSEDED = 75
"""Exit status of a harness whose job is no longer current; EX_TEMPFAIL of sysexits.h."""

_CRASHED = 70  # EX_SOFTWARE


class Stopping:
    """Whether SIGTERM has come."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        """Note it; the handler of the signal."""
        self.asked = True


def main() -> NoReturn:
    """Run the job, write down the exit status, and end with it."""
    folder = JobFolder(Path(sys.argv[1]))
    status = _CRASHED
    try:
        status = _run(folder)
    except Fenced as refused:
        say("harness.superseded", why=str(refused))
        status = SUPERSEDED
    except Unavailable as problem:
        say("harness.gave_up", why=str(problem))
    finally:
        fresh = folder.root / "exit.new"
        fresh.write_text(str(status), encoding="ascii")
        fresh.replace(folder.exit)
    sys.exit(status)


def _run(folder: JobFolder) -> int:
    os.set_inheritable(LOCK, False)  # noqa: FBT003 - the standard library's signature
    order = folder.read_order()
    if not order.container:  # processes of a container have other ids outside
        folder.write_pid()
    groups = prepare(folder, order)
    hide_from_siblings()
    stopping = Stopping()
    signal.signal(signal.SIGTERM, stopping)
    say("harness.started", job=order.job, milliseconds=order.since())
    if order.task == "validation":
        from bot.harness.validate import run  # noqa: PLC0415 - what an agent can do without
    else:
        from bot.harness.work import run  # noqa: PLC0415 - what a validation can do without
    with short_path(Path(order.gateway)) as near:
        return run(folder, order, groups, str(near / SOCKET), lambda: stopping.asked)


if __name__ == "__main__":
    main()
