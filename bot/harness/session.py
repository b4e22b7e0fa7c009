"""A runtime's session, as files of the agent's home: copied out, and laid into the next home.

The agent writes there meanwhile, and may put anything in the place of anything.  So no link
is ever followed, not even one that a folder has just become, and only plain files count.
"""

import io
import os
import stat
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

from bot.harness.plainfile import FOLDER, read
from bot.rules.checkpoints import MOST

MOST_FILES = 200
"""Files of a session that are kept, the newest ones."""

MOST_LISTED = 10_000
"""Names of one folder that are looked at."""

_FRAME = 4096  # bytes of tar around each file, and of its end; generous


@dataclass(frozen=True, slots=True)
class _Found:
    path: str
    at: float


def pack(home: Path, globs: Sequence[str]) -> bytes | None:
    """Return a tar of the files that belong to the session; None when there are none.

    Of two tars the bytes are the same when the files are.
    """
    room = MOST["session"] - _FRAME
    taken: list[tuple[_Found, bytes]] = []
    top = os.open(home, FOLDER)
    try:
        found = {each.path: each for glob in globs for each in _walk(top, "", glob.split("/"))}
        newest = sorted(found.values(), key=lambda each: (-each.at, each.path))
        for each in newest[:MOST_FILES]:
            data = read(top, each.path, room - _FRAME)
            if data is not None:
                room -= len(data) + _FRAME
                taken.append((each, data))
    finally:
        os.close(top)
    return _tar(sorted(taken, key=lambda each: each[0].path)) if taken else None


def unpack(data: bytes, home: Path, globs: Sequence[str]) -> list[str]:
    """Lay the files of a tar into a home that nobody uses yet; return their paths, newest last.

    Raises:
        ValueError: it is no tar that `pack` made for these globs; nothing was written.
        OSError: it cannot be written.
    """
    try:
        files = list(_files(data, globs))
    except tarfile.TarError as problem:
        raise ValueError(f"it is no tar: {problem}") from None
    for name, at, content in files:
        path = home / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
        os.utime(path, (at, at))
    return [name for name, _, _ in sorted(files, key=lambda each: each[1])]


def forget(home: Path, globs: Sequence[str]) -> None:
    """Remove the files that belong to the session from a home that nobody uses meanwhile."""
    top = os.open(home, FOLDER)
    try:
        for found in [each for glob in globs for each in _walk(top, "", glob.split("/"))]:
            with suppress(FileNotFoundError):  # two globs may mean one file
                os.unlink(found.path, dir_fd=top)
    finally:
        os.close(top)


def _walk(folder: int, below: str, parts: Sequence[str]) -> Iterator[_Found]:
    """Find plain files by the parts of a glob, one folder after another."""
    first, *rest = parts
    with os.scandir(folder) as entries:
        names = sorted(each.name for each in islice(entries, MOST_LISTED))
    for name in names:
        if not fnmatchcase(name, first):
            continue
        with suppress(OSError):
            if rest:
                inner = os.open(name, FOLDER, dir_fd=folder)
                try:
                    yield from _walk(inner, f"{below}{name}/", rest)
                finally:
                    os.close(inner)
            else:
                seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
                if stat.S_ISREG(seen.st_mode):
                    yield _Found(f"{below}{name}", seen.st_mtime)


def _tar(taken: Sequence[tuple[_Found, bytes]]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for each, data in taken:
            info = tarfile.TarInfo(each.path)
            info.size, info.mtime, info.mode = len(data), each.at, 0o600
            tar.addfile(info, io.BytesIO(data))
    return written.getvalue()


def _files(data: bytes, globs: Sequence[str]) -> Iterator[tuple[str, float, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
        for count, member in enumerate(tar):
            plain = member.type == tarfile.REGTYPE and not member.sparse
            if not plain or member.size > len(data) or count >= MOST_FILES:
                raise ValueError(f"{member.name!a} is no plain file of a session")
            if not any(_fits(member.name, glob) for glob in globs):
                raise ValueError(f"{member.name!a} belongs to no session")
            content = tar.extractfile(member)
            assert content is not None
            yield member.name, float(member.mtime), content.read()


def _fits(path: str, glob: str) -> bool:
    """Say whether a glob means this path; a part of it never means a step up."""
    parts, wanted = path.split("/"), glob.split("/")
    steps = {"", ".", ".."} & set(parts)
    return (
        not steps
        and "\0" not in path
        and len(parts) == len(wanted)
        and all(map(fnmatchcase, parts, wanted))
    )
