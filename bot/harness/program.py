"""A program in its box, as the harness holds it: started, watched, stopped."""

import json
import os
import resource
import signal
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from bot.model.inside import SOCKET
from bot.sandbox.box import Box, Bubblewrap, Descriptors, argv, bounds
from bot.sandbox.ending import children, end
from bot.sandbox.folder import LOCK, JobFolder, Order
from bot.sandbox.proc import telling
from bot.sandbox.sockets import short_path


class Program:
    """One program in a box of its own.

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

    def wait(self) -> None:
        """Return once the box is over."""
        self._process.wait()

    def _programs(self) -> Sequence[int]:
        """The children of the first process in the box: the agent's program, and orphans."""
        return () if self._first is None else children(self._first)


def launch(  # noqa: PLR0913 - what a process is started with
    folder: JobFolder,
    order: Order,
    box: Box,
    program: Sequence[str],
    groups: Sequence[int],
    *,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    stderr: int = subprocess.STDOUT,
) -> Program:
    """Start a program; returns once its box exists and has been let go.

    Call it on the main thread: bubblewrap dies with the thread that started it.

    Args:
        folder: the job's.
        order: what the runner wrote.
        box: what the program sees.
        program: its argv.
        groups: open `cgroup.procs` files that the box enters before the program starts.
        stdin: as `subprocess` takes it; what it writes to its standard output can be read.
        stderr: likewise.
    """
    info, info_inside = os.pipe()
    block, let_go = os.pipe()
    with folder.filter.open("rb") as rules:
        inside = Descriptors(seccomp=rules.fileno(), alive=LOCK, info=info_inside, block=block)
        process = subprocess.Popen(
            argv(box, program, bubblewrap(order), inside),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            bufsize=0,
            pass_fds=(rules.fileno(), LOCK, info_inside, block),
            env={},
            cwd="/",
        )
    os.close(info_inside)
    os.close(block)
    first = _first(info)
    if first is not None and box.root is not None:
        _bound(first, box)
    if first is not None:
        for group in groups:
            with suppress(OSError):  # the limits of each process hold all the same
                os.write(group, str(first).encode("ascii"))
    with suppress(BrokenPipeError):  # the box could not be made: its output says why
        os.write(let_go, b"1")
    os.close(let_go)
    return Program(process, first)


def _bound(process: int, box: Box) -> None:
    """Lower the resource limits of the first process of a box, before anything else is in it.

    It is in its user namespace already, so what is counted there is the box's alone.
    """
    for name, most in bounds(box.limits, reserves=box.reserves).items():
        kind = getattr(resource, f"RLIMIT_{name.upper()}")
        resource.prlimit(process, kind, (most, most))


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
