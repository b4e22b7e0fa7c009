"""Where a process dies: set by a test in a file, read by the process at every point it passes.

A point is a commit of the database or, in the gateway, a call of a job.  What passes is
also written down, so that a test can count the points of a clean run.
"""

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Side = Literal["before", "after"]
Point = Literal["commit", "call"]
Victim = Callable[[], int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """The point at which somebody is killed.

    Attributes:
        nth: counts points of this kind in whose name `match` finds something; the first is 1.
        match: a regular expression.
        victim: `self`, another process by its id, or `harness` or `agent` of the job that calls.
    """

    point: Point
    side: Side
    nth: int
    match: str = ""
    victim: str | int = "self"

    def set(self, file: Path) -> None:
        """Arm it, in one atomic step."""
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self)))
        fresh.replace(file)


class Passage:
    """The points that one process passes, and the trap that may lie there.

    Args:
        folder: holds `NAME.trap` while it is armed, `NAME.sprung` with the name of the point
            at which it went off, and `NAME.passed` with a line for each point.
        name: the process's.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.trap = folder / f"{name}.trap"
        self.sprung = folder / f"{name}.sprung"
        self.passed = folder / f"{name}.passed"
        self._set: tuple[int, int] | None = None
        self._left = 0

    def clear(self) -> None:
        """Forget everything."""
        for file in (self.trap, self.sprung, self.passed):
            file.unlink(missing_ok=True)

    def points(self, point: Point) -> list[str]:
        """Return the names of the points of a kind that were passed."""
        if not self.passed.exists():
            return []
        lines = [line.split("\t") for line in self.passed.read_text().splitlines()]
        return [name for kind, name in lines if kind == point]

    @contextmanager
    def at(self, point: Point, name: str, **victims: Victim) -> Iterator[None]:
        """Pass a point, perhaps not to its end."""
        with self.passed.open("a") as passed:
            passed.write(f"{point}\t{name}\n")
        due = self._due(point, name)
        if due and due.side == "before":
            self._spring(due, name, victims)
        yield
        if due and due.side == "after":
            self._spring(due, name, victims)

    def _due(self, point: Point, name: str) -> Trap | None:
        """Count down; return the trap at whose point this is."""
        try:
            found = self.trap.stat()
            trap = Trap(**json.loads(self.trap.read_text()))
        except FileNotFoundError:
            return None
        if self._set != (found.st_ino, found.st_mtime_ns):
            self._set, self._left = (found.st_ino, found.st_mtime_ns), trap.nth
        if trap.point != point or not re.search(trap.match, name):
            return None
        self._left -= 1
        return trap if self._left == 0 else None

    def _spring(self, trap: Trap, name: str, victims: dict[str, Victim]) -> None:
        self.trap.unlink(missing_ok=True)
        self.sprung.write_text(name)
        match trap.victim:
            case "self":
                pid = os.getpid()
            case int():
                pid = trap.victim
            case _:
                pid = victims[trap.victim]()
        with suppress(ProcessLookupError):
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
