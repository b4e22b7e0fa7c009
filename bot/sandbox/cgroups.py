"""Limits of memory and processes for a whole job, where this host lets us set them.

Three answers are possible: cgroup v1 as root, cgroup v2 where our own group is ours to
divide, or none.  Without them the limits of each process (`prlimit`) remain, which bound a
single process, the number of them, and so the whole only by their product.

Of processors a job has what nobody else wants: where they are short, a whole job, however
many processes it starts, gets the share of one of ours.
https://docs.kernel.org/admin-guide/cgroup-v2.html
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bot.model.limits import Limits

_HIERARCHIES = Path("/sys/fs/cgroup")
_V1 = {"cpu": "cpu.shares", "memory": "memory.limit_in_bytes", "pids": "pids.max"}
_V2 = {"cpu": "cpu.weight", "memory": "memory.max", "pids": "pids.max"}

# What a whole job may have is memory and nothing beside it: neither swap nor both together.
# Kernels without swap accounting have no such files.
_V1_SWAP, _V2_SWAP = "memory.memsw.limit_in_bytes", "memory.swap.max"

_V1_SHARE, _V2_SHARE = 1024, 100
"""What the kernel gives any single process."""


def homes(cgroup: str, hierarchies: Path = _HIERARCHIES) -> dict[str, Path]:
    """Return the folder of our own group for each controller, given `/proc/self/cgroup`.

    On a v2 host all controllers have the same one.
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
    settings = [group / kind["memory"] for group in made for kind in (_V1, _V2)]
    bounded = any(setting.exists() for setting in settings)
    remove("greenroom-probe")
    return "cgroups" if bounded else "prlimit"


def create(name: str, limits: Limits) -> list[Path]:
    """Make groups called `name` below our own with these limits; return those that work.

    A host that does not allow it is no error: the box has limits of its own.
    """
    made: list[Path] = []
    for controller, home in own().items():
        group = home / name
        try:
            _make(group, controller, limits)
        except OSError:
            if group not in made:
                with suppress(OSError):
                    group.rmdir()
            continue
        if group not in made:
            made.append(group)
    return made


def _make(group: Path, controller: str, limits: Limits) -> None:
    """Make a group, unless it is there, and set what it may have of one thing."""
    divided = group.parent / "cgroup.subtree_control"
    v2 = divided.exists()
    if v2:
        divided.write_text(f"+{controller}", encoding="ascii")
    group.mkdir(exist_ok=True)
    share = _V2_SHARE if v2 else _V1_SHARE
    amounts = {"cpu": share, "memory": limits.memory, "pids": limits.processes}
    setting = group / (_V2 if v2 else _V1)[controller]
    setting.write_text(str(amounts[controller]), encoding="ascii")
    swap = group / (_V2_SWAP if v2 else _V1_SWAP)
    if controller == "memory" and swap.exists():
        swap.write_text(str(0 if v2 else limits.memory), encoding="ascii")


def entrances(groups: Sequence[Path]) -> list[int]:
    """Open the files through which a process enters; the kernel checks who opened them."""
    return [os.open(group / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC) for group in groups]


def remove(name: str) -> bool:
    """Remove the groups of that name; return False while one still holds a dying process."""
    for home in own().values():
        with suppress(OSError):
            (home / name).rmdir()
    return not any((home / name).exists() for home in own().values())
