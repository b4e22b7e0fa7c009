"""The process that unpacks sees its folder, and nothing else."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import pytest

from bot.images.unpacker import NOBODY, Bounds, Work

PROJECT = Path(__file__).parents[2]
SOMEBODY = 61_901

LOOK = """
import json, os, socket, sys
sys.path[:0] = json.loads(sys.argv[1])
from bot.images.unpacker import confine, read_work
confine(read_work(sys.argv[2]))

def tried(act):
    try:
        act()
    except OSError as problem:
        return type(problem).__name__
    return "done"

print(json.dumps({
    "seen": os.listdir("/"),
    "uid": os.geteuid(),
    "up": tried(lambda: os.listdir("/../../etc")),
    "fork": tried(os.fork),
    "root": tried(lambda: os.setuid(0)),
    "out": tried(lambda: os.chroot("..")),
    "net": [name for _, name in socket.if_nameindex()],
}))
"""


def open_to_all(path: Path) -> bool:
    return path.exists() and all(each.stat().st_mode & 1 for each in (path, *path.parents))


def interpreter() -> str | None:
    """One that an ordinary user may start, of the version whose packages are installed."""
    usual = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    both = (Path(sys.executable).resolve(), Path(usual))
    return next((str(path) for path in both if open_to_all(path)), None)


def looked(folder: Path, user: int | None) -> dict[str, object]:
    work = Work(into=str(folder), layers=(), bounds=Bounds())
    python = sys.executable if user is None else interpreter()
    paths = [str(PROJECT), *(path for path in sys.path if path.endswith("-packages"))]
    done = subprocess.run(
        [python or "", "-I", "-c", LOOK, json.dumps(paths), json.dumps(asdict(work))],
        capture_output=True,
        text=True,
        check=True,
        user=user,
        group=user,
        extra_groups=None if user is None else (),
    )
    return json.loads(done.stdout)


def confined(folder: Path, user: int | None) -> dict[str, object]:
    (folder / "own").mkdir(parents=True)
    (folder / "own/file").touch()
    return looked(folder / "own", user)


def test_it_sees_its_folder_and_holds_no_power(tmp_path):
    seen = confined(tmp_path / "into", None)
    assert seen["seen"] == ["file"]
    assert seen["uid"] == (NOBODY if os.geteuid() == 0 else os.geteuid())
    assert seen["up"] == "FileNotFoundError"
    assert seen["fork"] == "BlockingIOError"
    assert (seen["root"], seen["out"]) == ("PermissionError", "PermissionError")
    assert seen["net"] == ["lo"]


@pytest.mark.skipif(os.geteuid() != 0, reason="the test above is about an ordinary user then")
@pytest.mark.skipif(
    interpreter() is None or not open_to_all(PROJECT),
    reason="no interpreter or no project that another user can read",
)
def test_an_ordinary_user_gives_up_as_much():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        seen = confined(Path(folder), SOMEBODY)
    assert seen["seen"] == ["file"]
    assert (seen["uid"], seen["net"]) == (SOMEBODY, ["lo"])
    assert "done" not in {seen["root"], seen["out"], seen["fork"]}
