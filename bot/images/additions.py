"""What setups have added to workspaces and homes, on disk: one tree for each, by its hash.

A job hands it in as a tar, which strangers may have had a hand in; so it is unpacked as an
image is, by a process that sees nothing else, and only then has its name.
"""

import asyncio
import stat
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.images.kept import SPARE, Kept
from bot.images.store import unpack
from bot.images.unpacker import Bounds, Packed
from bot.model.clock import Clock
from bot.model.errors import Refused, Unavailable
from bot.rules.additions import BOUNDS, HOME, WORKSPACE

UNWANTED_FOR = 7 * 24 * 3600.0
"""Seconds after which a tree is removed that no job wanted: longer than any job lives."""

FULL = 5 * 60.0
"""Seconds until it is seen again whether the disk has room."""

PARTS = (WORKSPACE, HOME)
"""The folders that a tree has at its top, each of which there may be."""

_REPOSITORY = ".git"


class Additions:
    """The trees below one folder.

    Args:
        root: `GREENROOM_HOME/setups`.
        clock: says when something was last wanted.
        spare: bytes of the disk that are left to everything else.
    """

    def __init__(self, root: Path, clock: Clock, spare: int = SPARE) -> None:
        self._root = root
        self._kept = Kept(clock, spare)
        self._unpacking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def tree(self, name: str) -> Path | None:
        """Return a tree, wanted as of now; None where it is not unpacked yet."""
        path = self._root / name
        return path if self._kept.wanted(path) else None

    async def bring(self, name: str, fetch: Callable[[Path], Awaitable[None]]) -> Path:
        """Return a tree, which is unpacked now where it was not yet.

        Args:
            name: the hash of its tar.
            fetch: writes that tar, packed by gzip, to a file.

        Raises:
            Refused: `image`: it is none, or too much, or holds what no setup may add.
            Unavailable: the disk is full or nearly, or the tar cannot be had now.
        """
        async with self._unpacking[name]:
            if (found := self.tree(name)) is None:
                try:
                    await self._unpack(name, fetch)
                except OSError as problem:
                    raise Unavailable("setups", str(problem), retry_after=FULL) from problem
                found = self.tree(name)
        assert found is not None
        return found

    async def _unpack(self, name: str, fetch: Callable[[Path], Awaitable[None]]) -> None:
        size = min(BOUNDS.size, self._room())
        bounds = Bounds(packed=BOUNDS.packed, size=size, entries=BOUNDS.entries)
        with tempfile.TemporaryDirectory(dir=self._root) as folder:
            tar = Path(folder) / "tar"
            await fetch(tar)
            packed = Packed(file=str(tar), packing="gzip", digest=None)
            await unpack(self._root / name, (packed,), bounds, _check)

    async def prune(self) -> int:
        """Remove the trees that no job wanted for a long time; return how many that were."""
        found = self._root.glob("*")
        return await asyncio.to_thread(self._kept.prune, found, unwanted_for=UNWANTED_FOR)

    def _room(self) -> int:
        if (room := self._kept.room(self._root)) <= 0:
            raise Unavailable("setups", "the disk is nearly full", retry_after=FULL)
        return room


def _check(top: Path) -> None:
    """See that a tree is what jobs mount: two folders, and none of a repository's own files.

    Raises:
        Refused: `image`: it is not.
    """
    for path in top.iterdir():
        if path.name not in PARTS or not stat.S_ISDIR(path.lstat().st_mode):
            raise Refused("image", "has more at its top than a workspace and a home.")
    if (top / WORKSPACE / _REPOSITORY).is_symlink() or (top / WORKSPACE / _REPOSITORY).exists():
        raise Refused("image", "has files of the repository itself.")
    for name in PARTS:
        (top / name).mkdir(exist_ok=True)
