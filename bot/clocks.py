"""The machine's clock, moved by a file when one is named.

The file holds one decimal number: seconds to add.  `GREENROOM_CLOCK` names it in
the demo and in tests, where every process reads the same one.
"""

import time
from pathlib import Path

from bot.model.clock import Clock


def system_clock(moved_by: Path | None = None) -> Clock:
    """Return the machine's clock, plus whatever offset the file holds at each reading."""
    if moved_by is None:
        return Clock(time.time)

    def offset() -> float:
        try:
            return float(moved_by.read_text(encoding="ascii") or 0)
        except FileNotFoundError:
            return 0.0

    return Clock(time.time, offset)


def move_clock(file: Path, seconds: float) -> None:
    """Set the offset that every process sharing `file` adds, in one atomic step."""
    fresh = file.with_suffix(".new")
    fresh.write_text(f"{seconds!r}\n", encoding="ascii")
    fresh.replace(file)
