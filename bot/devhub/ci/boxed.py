"""One command over one tree, in a sandbox without network, for a bounded time."""

import asyncio
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.model.errors import Misconfigured
from bot.model.runs import Limits
from bot.sandbox.box import ETC, Bind, Box, Descriptors, argv
from bot.sandbox.ending import end
from bot.sandbox.probe import probe
from bot.sandbox.seccomp import program

FIRST_UID, UIDS = 211_000, 1000
"""Whom jobs become when the hub is root; the local runner's uids end before them."""

PATIENCE = 60
"""Seconds that the sandbox may take to come up, on however busy a machine."""

KEPT = 4 * 1024**2
"""Bytes of the output's end that are kept."""

WORK = "/work"
"""Where the tree lies inside."""

_HOME = "/home/ci"
_PATH = "/usr/local/bin:/usr/bin:/bin"
_CHUNK = 64 * 1024
_CODE = Path(__file__).parents[3]

# Says a word that nobody else knows, then becomes the command.
_SIGNED = ("/bin/sh", "-c", 'echo "$0"; exec "$@"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a command ended.

    Attributes:
        status: its exit status; None when its time was up.
        output: the end of what it printed, both streams in order.
        duration: seconds.
    """

    status: int | None
    output: str
    duration: float


def uid_of(number: int) -> int | None:
    """Return whom the job of that number becomes; None where this process is not root."""
    return FIRST_UID + number % UIDS if os.geteuid() == 0 else None


def make_room(folder: Path, uid: int | None) -> None:
    """Make what a job needs in a folder of its own, which others may pass through."""
    folder.chmod(0o711)
    for name in ("work", "home"):
        (folder / name).mkdir(mode=0o700)
        if uid is not None:
            os.chown(folder / name, uid, uid)
    shutil.copytree(ETC, folder / "etc")
    (folder / "etc").chmod(0o755)


async def run(
    command: Sequence[str],
    folder: Path,
    *,
    seconds: int,
    uid: int | None,
    toolboxes: Mapping[str, Path],
) -> Outcome:
    """Run a command; cancelled, it ends the sandbox with everything in it.

    Args:
        command: looked up on the PATH inside: the toolboxes', then the system's.
        folder: from `make_room`, with the tree in `work`.
        seconds: how long it may take.
        uid: whom the sandbox belongs to; None for whoever runs this.
        toolboxes: read-only tool trees by name, each with a `bin`.

    Raises:
        Misconfigured: no sandbox can be made; nothing ran.
    """
    found = await asyncio.to_thread(probe)
    reached = {} if uid is None else _room_for(folder, toolboxes)
    box = _box(folder, seconds, reached or toolboxes)
    sign = secrets.token_hex(8)
    with tempfile.TemporaryFile() as rules:
        rules.write(program())
        rules.seek(0)
        process = await asyncio.create_subprocess_exec(
            *_staged(uid, {str(reached[name]): toolboxes[name] for name in reached}),
            *argv(box, [*_SIGNED, sign, *command], found, Descriptors(seccomp=rules.fileno())),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(rules.fileno(),),
            env={} if uid is None else {"PYTHONPATH": str(_CODE)},
            cwd="/",
        )
        try:
            await _came_up(process, sign)
            return await _ended(process, seconds)
        finally:
            if process.returncode is None:
                end(process.pid)
                await process.wait()


def _room_for(folder: Path, toolboxes: Mapping[str, Path]) -> dict[str, Path]:
    """Make a folder for each toolbox where the job can reach it, for root to show it there."""
    reached = {name: folder / "tools" / name for name in toolboxes}
    for path in reached.values():
        path.mkdir(parents=True)
    return reached


def _staged(uid: int | None, trees: Mapping[str, Path]) -> list[str]:
    """Return what makes root the job's user first; nothing for anybody else."""
    if uid is None:
        return []
    told = json.dumps({target: str(source.resolve()) for target, source in trees.items()})
    return [sys.executable, "-m", "bot.devhub.ci.stage", str(uid), told]


def _box(folder: Path, seconds: int, toolboxes: Mapping[str, Path]) -> Box:
    mounted = {f"/toolbox/{name}": str(path.resolve()) for name, path in toolboxes.items()}
    return Box(
        binds=(
            Bind(source=str(folder / "work"), target=WORK, writable=True),
            Bind(source=str(folder / "home"), target=_HOME, writable=True),
            *(Bind(source=source, target=target) for target, source in mounted.items()),
        ),
        environment={
            "CI": "true",
            "HOME": _HOME,
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "PATH": ":".join((*(f"{target}/bin" for target in mounted), _PATH)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TERM": "dumb",
        },
        directory=WORK,
        limits=Limits(seconds=seconds),
        etc=str(folder / "etc"),
    )


async def _came_up(process: asyncio.subprocess.Process, sign: str) -> None:
    """Read the sign that the sandbox is there; what comes in its place is a complaint."""
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            first = await process.stdout.readline()
    except TimeoutError as late:
        raise Misconfigured(f"The sandbox did not come up within {PATIENCE} s.") from late
    if first.decode(errors="replace").strip() != sign:
        complaint = (first + await process.stdout.read(_CHUNK)).decode(errors="replace").strip()
        raise Misconfigured(f"The sandbox did not come up: {complaint}")


async def _ended(process: asyncio.subprocess.Process, seconds: int) -> Outcome:
    """Read the output until the command has ended, or its time is up."""
    assert process.stdout is not None
    loop, kept, status = asyncio.get_running_loop(), bytearray(), None
    started = loop.time()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while chunk := await process.stdout.read(_CHUNK):
                kept += chunk
                del kept[:-KEPT]
            status = await process.wait()
    output, duration = kept.decode(errors="replace"), loop.time() - started
    return Outcome(status=status, output=output, duration=duration)
