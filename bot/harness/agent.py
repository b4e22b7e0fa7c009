"""An agent's program, and what it finds in its box before it starts."""

import os
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

from bot.agents.base import Start
from bot.harness.boxes import doors, for_agent, relayed
from bot.harness.plainfile import FOLDER
from bot.harness.program import Program, launch
from bot.model.runs import JobPlan
from bot.sandbox.folder import JobFolder, Order

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def start(
    folder: JobFolder, order: Order, what: Start, plan: JobPlan, groups: Sequence[int]
) -> Program:
    """Start the agent's program; returns once the box exists and has been let go.

    Args:
        folder: the job's.
        order: what the runner wrote.
        what: what the driver wants.
        plan: the job's.
        groups: open `cgroup.procs` files that the box enters before the program starts.
    """
    _write(folder, what)
    box = for_agent(folder, order, what, plan)
    program = relayed(doors(what, plan), what.program)
    apart = subprocess.PIPE if what.talk or what.parse else subprocess.STDOUT
    with _input(folder, what) as given:
        stdin = subprocess.PIPE if what.talk else given
        return launch(folder, order, box, program, groups, stdin=stdin, stderr=apart)


def _write(folder: JobFolder, what: Start) -> None:
    """Write what the program is to find; what a session left in its home stays."""
    for name, text in what.files.items():
        (folder.door / name).write_text(text, encoding="utf-8")
    for name, text in what.home.items():
        lay(folder.home, name, text)


def lay(home: Path, name: str, text: str) -> None:
    """Write a file below a home unless there is one, by no link that an agent has left there.

    Raises:
        OSError: what is to be a folder is none.
    """
    *folders, last = name.split("/")
    with ExitStack() as stack:
        at = _open(stack, home)
        for each in folders:
            with suppress(FileExistsError):
                os.mkdir(each, 0o700, dir_fd=at)
            at = _open(stack, each, at)
        with suppress(FileExistsError):
            file = os.open(last, _NEW, 0o600, dir_fd=at)
            with os.fdopen(file, "w", encoding="utf-8") as written:
                written.write(text)


def _open(stack: ExitStack, folder: str | Path, at: int | None = None) -> int:
    descriptor = os.open(folder, FOLDER, dir_fd=at)
    stack.callback(os.close, descriptor)
    return descriptor


def _input(folder: JobFolder, what: Start) -> IO[bytes]:
    return (folder.door / what.stdin if what.stdin else Path(os.devnull)).open("rb")
