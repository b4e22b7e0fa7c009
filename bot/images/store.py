"""Images on disk: each blob once for each place that it comes from, each tree once for its name.

What has its name is whole: blobs were hashed before they got it, and trees unpacked.  The
name holds where an image comes from beside its digest, so that knowing a digest is not
enough to be given what only those may read who are let into its registry.
"""

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bot.images.kept import FRESH, SPARE, Kept
from bot.images.unpacker import NOBODY, Bounds, Outcome, Packed, Work
from bot.model.clock import Clock
from bot.model.errors import Unavailable
from bot.rules.images import SAYS, Descriptor, Reference, refused

RETRY_AFTER = 60.0
"""Seconds until a disk that was full is tried again."""

SECONDS = 15 * 60.0
"""How long unpacking may take."""

_CODE = Path(__file__).parents[2]
_MAIN = "import sys; sys.path.insert(0, sys.argv[1]); from bot.images.unpacker import main; main()"
_MOST_SAID = 4096

_OUTCOME = TypeAdapter(Outcome)


class Store:
    """The images below one folder.

    Args:
        root: `GREENROOM_HOME/images`.
        clock: says when something was last wanted.
        spare: bytes of the disk that are left to everything else.
    """

    def __init__(self, root: Path, clock: Clock, spare: int = SPARE) -> None:
        self._trees = root / "trees"
        self._blobs = root / "blobs"
        self._kept = Kept(clock, spare)

    def tree(self, image: Reference) -> Path | None:
        """Return the tree of an image, wanted as of now; None where it is not unpacked yet."""
        path = self._trees / _name(str(image))
        return path if self._kept.wanted(path) else None

    def blob(self, image: Reference, blob: Descriptor) -> Path | None:
        """Return the same of a blob."""
        path = self._blob(image, blob)
        return path if self._kept.wanted(path) else None

    @asynccontextmanager
    async def fresh_blob(self, image: Reference, blob: Descriptor) -> AsyncIterator[Path]:
        """Give a path to write a blob to; it gets its name when the block ends well."""
        path = self._blob(image, blob)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _disk(), _removed(Path(tempfile.mkdtemp(suffix=FRESH, dir=path.parent))) as fresh:
            yield fresh / path.name
            (fresh / path.name).rename(path)
            self._kept.wanted(path)

    async def unpack(
        self, image: Reference, layers: tuple[Packed, ...], bounds: Bounds, config: bytes
    ) -> tuple[Path, int]:
        """Unpack layers into the tree of an image, and lay its config beside them.

        Returns:
            The tree, and how many devices and the like were left out.

        Raises:
            Refused: the layers are none, or too much.
            Unavailable: the disk is full.
        """
        path = self._trees / _name(str(image))
        left_out = await unpack(path, layers, bounds, lambda top: _say(top / SAYS, config))
        self._kept.wanted(path)
        return path, left_out

    def room(self) -> int:
        """Return how many bytes more there may be: some of the disk is left to everything else."""
        return self._kept.room(self._trees)

    def prune(self, *, unwanted_for: float) -> int:
        """Remove what nobody wanted for so many seconds; return how much that was.  Blocks."""
        found = [*self._trees.glob("*"), *self._blobs.glob("*/*")]
        return self._kept.prune(found, unwanted_for=unwanted_for)

    def _blob(self, image: Reference, blob: Descriptor) -> Path:
        return self._blobs / _name(image.place) / blob.digest.removeprefix("sha256:")


async def unpack(
    path: Path, layers: tuple[Packed, ...], bounds: Bounds, finish: Callable[[Path], None]
) -> int:
    """Unpack layers into a new folder, which gets its name once it is whole.

    Args:
        path: the name.
        layers: the lowest first.
        bounds: of all together.
        finish: does the rest to the folder, or refuses it, while nobody else can find it.

    Returns:
        How many devices and the like were left out.

    Raises:
        Refused: the layers are none, or too much.
        Unavailable: the disk is full.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _disk(), _removed(Path(tempfile.mkdtemp(suffix=FRESH, dir=path.parent))) as fresh:
        top = fresh / "tree"
        top.mkdir()
        top.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(top, NOBODY, NOBODY)
        left_out = await _unpack(Work(into=str(top), layers=layers, bounds=bounds))
        await asyncio.to_thread(_own, top)
        await asyncio.to_thread(finish, top)
        _name_it(top, path)
    return left_out


async def _unpack(work: Work) -> int:
    """Have a process of its own do it; return how much was left out."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-c", _MAIN, str(_CODE)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_MOST_SAID,
        env={},
        cwd="/",
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(SECONDS):
            process.stdin.write(json.dumps(asdict(work)).encode())
            process.stdin.close()
            told = await process.stdout.readline()
            await process.wait()
    except TimeoutError:
        raise refused("takes too long to unpack.") from None
    except ValueError:
        raise refused("cannot be unpacked.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _left_out(told)


def _left_out(told: bytes) -> int:
    """Read what the process said; one that said nothing was ended by its bounds.

    Raises:
        Refused: the image is no good.
        Unavailable: the disk is full.
    """
    try:
        said = _OUTCOME.validate_json(told or b"{}")
    except ValidationError:
        raise refused("cannot be unpacked.") from None
    if said.unavailable is not None:
        raise Unavailable("images", said.unavailable, retry_after=RETRY_AFTER)
    if said.left_out is None:
        raise refused(said.refused or "takes too much to unpack.")
    return said.left_out


def _own(top: Path) -> None:
    """Take over what the process made as another user."""
    if os.geteuid() == 0:
        subprocess.run(["/bin/chown", "-Rh", "0:0", str(top)], check=True, env={})


def _say(file: Path, config: bytes) -> None:
    """Write an image's config, whatever the image has of that name."""
    if file.is_dir() and not file.is_symlink():
        shutil.rmtree(file)
    file.unlink(missing_ok=True)
    with file.open("xb") as fresh:
        fresh.write(config)
    file.chmod(0o644)


def _name_it(fresh: Path, path: Path) -> None:
    """Give a tree its name; another worker may have been faster, with the same."""
    try:
        fresh.rename(path)
    except OSError:
        if not path.is_dir():
            raise


def _name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _removed(folder: Path) -> Iterator[Path]:
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise Unavailable("images", str(problem), retry_after=RETRY_AFTER) from problem
