"""The agent's program in its box, as the harness holds it: started, watched, stopped."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

from bot.agents.base import Start
from bot.harness.boxes import doors, for_agent, relayed
from bot.model.inside import SOCKET
from bot.model.runs import JobPlan
from bot.sandbox.box import Bubblewrap, Descriptors, argv
from bot.sandbox.ending import children, end
from bot.sandbox.folder import LOCK, JobFolder, Order
from bot.sandbox.proc import telling
from bot.sandbox.sockets import short_path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class Agent:
    """One agent's program.

    Args:
        process: bubblewrap, started by this process's main thread, whose death it follows.
        first: process id of the first process in the box; None where it never came up.
    """

    def __init__(self, process: subprocess.Popen[bytes], first: int | None) -> None:
        self._process = process
        self._first = first

    @property
    def pid(self) -> int:
        """Process id of bubblewrap."""
        return self._process.pid

    @property
    def first(self) -> int | None:
        """Process id of the first process in the box."""
        return self._first

    @property
    def came_up(self) -> bool:
        """Whether there ever was a box; if not, bubblewrap's complaint is the output."""
        return self._first is not None

    @property
    def output(self) -> IO[bytes]:
        """What the program prints for people: where its output is for us, its complaints."""
        printed = self._process.stderr or self._process.stdout
        assert printed is not None
        return printed

    @property
    def told(self) -> IO[bytes]:
        """Standard output of a program that tells of itself there."""
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        """Standard input and output of a program that is talked to."""
        assert self._process.stdin is not None
        return self._process.stdin, self.told

    def status(self) -> int | None:
        """Return the box's exit status once it is over; below zero a signal's number."""
        return self._process.poll()

    def terminate(self) -> None:
        """Send SIGTERM to the program and its group, not to the box."""
        for program in self._programs():
            with suppress(ProcessLookupError):
                os.killpg(os.getpgid(program), signal.SIGTERM)

    def kill(self) -> None:
        """End the box and everything in it, at once."""
        if self._process.poll() is None:
            end(self._process.pid)

    def _programs(self) -> Sequence[int]:
        """The children of the first process in the box: the agent's program, and orphans."""
        return () if self._first is None else children(self._first)


def start(
    folder: JobFolder, order: Order, what: Start, plan: JobPlan, groups: Sequence[int]
) -> Agent:
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
    info, info_inside = os.pipe()
    block, let_go = os.pipe()
    with folder.filter.open("rb") as rules, _input(folder, what) as given:
        inside = Descriptors(seccomp=rules.fileno(), alive=LOCK, info=info_inside, block=block)
        process = subprocess.Popen(
            argv(box, program, bubblewrap(order), inside),
            stdin=subprocess.PIPE if what.talk else given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if what.talk or what.parse else subprocess.STDOUT,
            bufsize=0,
            pass_fds=(rules.fileno(), LOCK, info_inside, block),
            env={},
            cwd="/",
        )
    os.close(info_inside)
    os.close(block)
    first = _first(info)
    if first is not None:
        for group in groups:
            with suppress(OSError):  # the limits of each process hold all the same
                os.write(group, str(first).encode("ascii"))
    with suppress(BrokenPipeError):  # the box could not be made: its output says why
        os.write(let_go, b"1")
    os.close(let_go)
    return Agent(process, first)


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
    descriptor = os.open(folder, _FOLDER, dir_fd=at)
    stack.callback(os.close, descriptor)
    return descriptor


def _input(folder: JobFolder, what: Start) -> IO[bytes]:
    return (folder.door / what.stdin if what.stdin else Path(os.devnull)).open("rb")


def _first(info: int) -> int | None:
    """Read who the first process in the box is; None when bubblewrap ended instead."""
    with open(info, "rb") as told:
        answer = told.read()
    return int(json.loads(answer)["child-pid"]) if answer else None


def bubblewrap(order: Order) -> Bubblewrap:
    """Return the program that the runner found."""
    return Bubblewrap(path=order.bwrap, disable_userns=order.disable_userns, telling=telling())


def listen(folder: Path, name: str = SOCKET) -> socket.socket:
    """Return a listening socket that is `name` in `folder`, however long its path."""
    listener = socket.socket(socket.AF_UNIX)
    with short_path(folder) as short:
        address = short / name
        address.unlink(missing_ok=True)
        listener.bind(str(address))
    listener.listen(64)
    return listener
