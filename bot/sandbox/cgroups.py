"""Limits of memory and processes for a whole job, where this host lets us set them.

Three answers are possible: cgroup v1 as root, cgroup v2 where our own group is ours to
divide, or none.  Without them the limits of each process (`prlimit`) remain, which bound a
single process, the number of them, and so the whole only by their product.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bot.model.runs import Limits

_HIERARCHIES = Path("/sys/fs/cgroup")
_V1 = {"memory": "memory.limit_in_bytes", "pids": "pids.max"}
_V2 = {"memory": "memory.max", "pids": "pids.max"}


def homes(cgroup: str, hierarchies: Path = _HIERARCHIES) -> dict[str, Path]:
    """Return the folder of our own group for each controller, given `/proc/self/cgroup`.

    On a v2 host both controllers have the same one.
    """
    found: dict[str, Path] = {}
    for line in cgroup.splitlines():
        _, controllers, path = line.split(":", 2)
        below = path.lstrip("/")
        for name in set(controllers.split(",")) & set(_V1):
            found[name] = hierarchies / name / below
        if not controllers and not found and (hierarchies / "cgroup.controllers").exists():
            found = dict.fromkeys(_V2, hierarchies / below)
    return found


def own() -> dict[str, Path]:
    """Return `homes` of this process; empty where cgroups are not mounted."""
    try:
        text = Path("/proc/self/cgroup").read_text(encoding="ascii")
    except OSError:
        return {}
    return {name: path for name, path in homes(text).items() if path.is_dir()}


def report() -> str:
    """Say in a word what bounds a whole job here, for the log at the start."""
    made = create("greenroom-probe", Limits())
    remove("greenroom-probe")
    return "cgroups" if made else "prlimit"


def create(name: str, limits: Limits) -> list[Path]:
    """Make groups called `name` below our own with these limits; return those that work.

    A host that does not allow it is no error: the box has limits of its own.
    """
    made: list[Path] = []
    for controller, home in own().items():
        group = home / name
        try:
            if (home / "cgroup.subtree_control").exists():
                (home / "cgroup.subtree_control").write_text(f"+{controller}", encoding="ascii")
                setting = group / _V2[controller]
            else:
                setting = group / _V1[controller]
            group.mkdir(exist_ok=True)
            amount = limits.memory if controller == "memory" else limits.processes
            setting.write_text(str(amount), encoding="ascii")
        except OSError:
            with suppress(OSError):
                group.rmdir()
            continue
        if group not in made:
            made.append(group)
    return made


def entrances(groups: Sequence[Path]) -> list[int]:
    """Open the files through which a process enters; the kernel checks who opened them."""
    return [os.open(group / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC) for group in groups]


def remove(name: str) -> bool:
    """Remove the groups of that name; return False while one still holds a dying process."""
    for home in own().values():
        with suppress(OSError):
            (home / name).rmdir()
    return not any((home / name).exists() for home in own().values())
