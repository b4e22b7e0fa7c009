"""What an agent can learn of its surroundings, written into its home.

Runs inside the box with the standard library alone.
"""

import os
import stat
from pathlib import Path

FOUND = Path.home() / "found"
OURS = ("/opt/greenroom/python", "/usr", "/toolbox", "/sys", "/dev")
"""Programs and devices: big, the same everywhere, and not made by a run."""

LARGEST = 1 << 22


def look() -> None:
    with FOUND.open("wb") as found:
        found.write(repr(dict(os.environ)).encode() + b"\n")
        for path in processes():
            tell(found, path)
        for folder, inside, names in os.walk("/"):
            inside[:] = [
                each for each in inside if str(Path(folder, each)) not in (*OURS, "/proc")
            ]
            for name in names:
                tell(found, Path(folder, name))


def processes():
    names = ("environ", "cmdline", "maps", "mountinfo", "status")
    for process in Path("/proc").glob("[0-9]*"):
        yield from (process / name for name in names)
        yield from process.glob("fd/*")


def tell(found, path):
    try:
        if path == FOUND or not stat.S_ISREG(path.stat().st_mode):
            target = str(path.readlink()).encode() if path.is_symlink() else b""
            found.write(b"%s: %s\n" % (str(path).encode(), target))
            return
        with path.open("rb") as text:
            found.write(b"%s: %s\n" % (str(path).encode(), text.read(LARGEST)))
    except OSError as problem:
        found.write(b"%s: %s\n" % (str(path).encode(), str(problem).encode()))


look()
