"""The images of a validation, and the servers beside its command.

Each server is in a box of its own, with an image for its root, and shares nothing with the
command but a loopback interface that leads nowhere else.  All of them are there before the
command is, and end with it.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Self

from bot.harness.boxes import PERSON, SYSTEM_PATH
from bot.harness.program import Program, launch
from bot.harness.rooting import Image, image_of, in_image
from bot.harness.validate import Trouble
from bot.model.errors import Refused
from bot.model.inside import HOME
from bot.model.limits import Limits
from bot.model.validations import Definition, Service
from bot.sandbox import roots
from bot.sandbox.box import Bind, Box
from bot.sandbox.folder import JobFolder, Order

WITHIN = 60.0
"""Seconds in which all servers have to take connections."""

SCRATCH = 256 * 1024**2
"""Bytes that a server's folders in memory hold each."""

KEPT = 4 * 1024
"""Bytes of what a server prints that are kept: the last ones."""

NO_IMAGE = "This runner does not have the image `{image}`."
NO_PROGRAM = "The image `{image}` does not say what it starts: give the service a `run`."
STOPPED = "It was stopped before its services took connections."

_SIGNALLED, _SIGNALS = 128, 64  # as in shells: above 128, a signal by its number
_LOOK = 0.05
_CHUNK = 1 << 14
_HERE = ("127.0.0.1", "::1")


def lacking(order: Order, definition: Definition) -> str:
    """Say why one of a definition's images cannot be had here, or used; nothing where all can."""
    wanted = [(each.image, each.run) for each in definition.services]
    if definition.image is not None:
        wanted.append((definition.image, definition.run))
    return next(filter(None, (_lack(order, image, run) for image, run in wanted)), "")


def _lack(order: Order, image: str, run: str | None) -> str:
    try:
        found = image_of(order, image)
        roots.check(found.tree)
        if run is not None:
            roots.check_shell(found.tree)
    except KeyError:
        return NO_IMAGE.format(image=image)
    except Refused as problem:
        return f"The image `{image}` {problem.words}"
    return "" if run or found.config.program else NO_PROGRAM.format(image=image)


class Servers:
    """The servers of one validation; leaving the block ends them.

    Args:
        folder: the job's.
        order: what the runner wrote; it has the images.
        services: what they are.
        limits: of each process.
        groups: what their boxes enter.
    """

    def __init__(
        self,
        folder: JobFolder,
        order: Order,
        services: Sequence[Service],
        limits: Limits,
        groups: Sequence[int],
    ) -> None:
        self._folder = folder
        self._order = order
        self._services = services
        self._limits = limits
        self._groups = groups
        self._servers: list[Server] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._servers:
            each.end()

    def come_up(self, stopping: Callable[[], bool], seconds: float) -> Trouble | None:
        """Start them all, and return once they take connections, or why they do not.

        They have `seconds` for it, or less.
        """
        for service in self._services:
            self._servers.append(self._started(service))
        within, waiting = min(WITHIN, seconds), list(self._servers)
        until = time.monotonic() + within
        while waiting and not stopping():
            if time.monotonic() > until:
                words = f"took no connections at port {waiting[0].port} within {within:.0f} s."
                return waiting[0].trouble(words)
            for each in waiting:
                if (status := each.status()) is not None:
                    return each.trouble(f"ended before it took connections, {_how(status)}.")
            waiting = [each for each in waiting if not each.is_up()]
            time.sleep(_LOOK if waiting else 0)
        return Trouble(STOPPED) if waiting else None

    @property
    def firsts(self) -> Sequence[int | None]:
        """The first process of each one's box."""
        return [each.first for each in self._servers]

    def last_words(self) -> str:
        """Tell of those that have ended, which may be why the command has failed."""
        return "".join(
            f"\n[the service {each.name} has ended, {_how(status)}]\n{each.last()}"
            for each in self._servers
            if (status := each.status()) is not None
        )

    def _started(self, service: Service) -> "Server":
        image = image_of(self._order, service.image)
        box = _box(self._folder, service, image, self._limits)
        command = ("/bin/sh", "-c", service.run) if service.run else image.config.program
        return Server(service, launch(self._folder, self._order, box, command, self._groups))


class Server:
    """A server that was started; what it prints is read, so that it never waits for anybody."""

    def __init__(self, service: Service, program: Program) -> None:
        self.name, self.port = service.name, service.port
        self._program = program
        self._tail = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def first(self) -> int | None:
        """Process id of the first process in its box."""
        return self._program.first

    def status(self) -> int | None:
        """Return how it has ended; None while it has not."""
        return self._program.status()

    def is_up(self) -> bool:
        """Tell whether something takes connections at its port."""
        for address in _HERE:
            with (
                suppress(OSError),
                socket.create_connection((address, self.port), timeout=1) as it,
            ):
                # a connection from the very port that it is to has met nobody but itself
                return bool(it.getsockname() != it.getpeername())
        return False

    def last(self) -> str:
        """Return the last of what it has printed; all of it, once it has ended."""
        if self.status() is not None:
            self._reader.join(1)
        return bytes(self._tail).decode("utf-8", "replace")

    def trouble(self, words: str) -> Trouble:
        """Say what is wrong with it, beside what it has printed."""
        return Trouble(f"The service `{self.name}` {words}", self.last())

    def end(self) -> None:
        """End its box."""
        self._program.kill()
        self._program.wait()
        self._reader.join()

    def _read(self) -> None:
        while data := self._program.output.read(_CHUNK):
            self._tail[:] = (self._tail + data)[-KEPT:]


def _box(folder: JobFolder, service: Service, image: Image, limits: Limits) -> Box:
    """Return the box of a server: its image, a home, and folders where it keeps its data."""
    own = folder.services / service.name
    kept = (Bind(source=str(own / "home"), target=HOME, writable=True), *_volumes(own, image))
    for each in kept:
        Path(each.source).mkdir(parents=True)
    starts = roots.resolved(image.tree, image.config.directory)
    there = roots.has_folder(image.tree, starts) or str(starts) in {each.target for each in kept}
    box = Box(
        binds=kept,
        environment=PERSON | {"PATH": SYSTEM_PATH},
        directory=str(starts) if there else "/",
        limits=limits,
        reserves=True,
        joined=True,
        scratch=SCRATCH,
    )
    rooted = in_image(box, image, own / "etc", usual=SYSTEM_PATH)
    return replace(rooted, environment=rooted.environment | dict(service.environment))


def _volumes(own: Path, image: Image) -> Iterator[Bind]:
    """Yield the folders that an image says its program writes to, empty at first."""
    paths = {roots.resolved(image.tree, each) for each in image.config.volumes}
    for number, path in enumerate(sorted(paths)):
        if roots.is_free(path, HOME):
            source = own / "volumes" / f"{number}"
            yield Bind(source=str(source), target=str(path), writable=True)


def _how(status: int) -> str:
    """Say how a box has ended, whose exit status is a shell's."""
    number = -status if status < 0 else status - _SIGNALLED
    return f"by signal {number}" if 0 < number <= _SIGNALS else f"with exit status {status}"
