"""What `/proc` tells of the whole machine, which is closed in a box.

A process list of its own hides other processes, and nothing else: how the machine was
started, and which modules, buses and locks it has, is the same for everybody who looks.
"""

from dataclasses import dataclass
from pathlib import Path

_FILES = (
    "cmdline", "interrupts", "kallsyms", "kcore", "key-users", "keys", "latency_stats", "locks",
    "modules", "sched_debug", "timer_list", "timer_stats",
)  # fmt: skip
_FOLDERS = ("acpi", "asound", "bus", "driver", "fs", "irq", "pressure", "scsi")


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Names in `/proc` that this machine's kernel has, and that tell of it."""

    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


def telling(proc: Path = Path("/proc")) -> Telling:
    """Look at what there is: what is not there cannot be closed either."""
    return Telling(
        files=tuple(name for name in _FILES if (proc / name).exists()),
        folders=tuple(name for name in _FOLDERS if (proc / name).exists()),
    )
