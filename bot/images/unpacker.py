"""The process that unpacks an image: it sees an empty folder and its layers, and nothing else.

What it reads was made by strangers, so it reads it away from the worker's memory, its files
and its network, within bounds of its own, and says what came of it in one line of JSON.
"""

import errno
import json
import os
import resource
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import Any

from bot.images.layers import Tally, Tree
from bot.images.packing import BROKEN, Bounded, opened, unpacked
from bot.model.errors import Refused
from bot.rules.images import Packing, refused
from bot.sandbox import mounts

NOBODY = 65534
"""Whom it becomes when root starts it."""

MEMORY = 1024**3
"""Bytes of address space: what zstd wants at most is an eighth of it."""

_CLONE_NEWNET = 0x40000000
_FILES = 256
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A layer on disk.

    Attributes:
        file: the blob.
        digest: what it hashes to once it is unpacked; None where no config says.
    """

    file: str
    packing: Packing
    digest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What an image may take.

    Attributes:
        packed: bytes of all its layers as they are fetched.
        size: bytes of all its tars together.
        entries: files, folders and links of all of them.
        seconds: of the processor.
    """

    packed: int = 2 * 1024**3
    size: int = 8 * 1024**3
    entries: int = 500_000
    seconds: int = 10 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be unpacked: into an empty folder, layer by layer, the lowest first."""

    into: str
    layers: tuple[Packed, ...]
    bounds: Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it, one of the three; who was ended by a bound says none.

    Attributes:
        left_out: devices, pipes and sockets that were not made; all else is there.
        refused: why the image is no good; goes on after its name.
        unavailable: what is wrong with the disk.
    """

    left_out: int | None = None
    refused: str | None = None
    unavailable: str | None = None


def read_work(text: str) -> Work:
    """Read what the worker wrote."""
    said: dict[str, Any] = json.loads(text)
    layers = tuple(Packed(**each) for each in said["layers"])
    return Work(into=said["into"], layers=layers, bounds=Bounds(**said["bounds"]))


def main() -> None:
    """Unpack what stdin says, and tell of it on stdout."""
    work = read_work(sys.stdin.read())
    with ExitStack() as stack:
        layers = [stack.enter_context(Path(each.file).open("rb")) for each in work.layers]
        confine(work)
        print(json.dumps(asdict(_outcome(work, layers))))  # noqa: T201 - this is its answer


def confine(work: Work) -> None:
    """Give up all but an empty folder, the current one; what a kernel forbids is done without.

    Without it the layers are still laid through no link and to no path above: `layers`.
    """
    os.umask(0o022)
    os.chdir(work.into)
    with suppress(OSError):
        if os.geteuid() != 0:
            mounts.become_user(os.geteuid(), os.getegid())
        mounts.unshare(_CLONE_NEWNET)
    with suppress(OSError):
        os.chroot(".")
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    mounts.drop_capabilities()
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, work.bounds.size),
        (resource.RLIMIT_NOFILE, _FILES),
        (resource.RLIMIT_CPU, work.bounds.seconds),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, least))


def _outcome(work: Work, files: Sequence[BufferedIOBase]) -> Outcome:
    tally, left = Tally(entries=work.bounds.entries), work.bounds.size
    try:
        top = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
        for layer, file in zip(work.layers, files, strict=True):
            stream = Bounded(unpacked(file, layer.packing), left)
            _lay(Tree(top, tally), stream, layer)
            left -= stream.tell()
        # nothing is there before all of it is on disk: the worker gives it its name now
        os.sync()
    except Refused as problem:
        return Outcome(refused=problem.words)
    except MemoryError:
        return Outcome(refused="wants too much memory to be unpacked.")
    except BROKEN as problem:
        return Outcome(refused=f"has a layer that cannot be read ({type(problem).__name__}).")
    except OSError as problem:
        if problem.errno in _FULL:
            return Outcome(unavailable=str(problem))
        return Outcome(refused=f"has a file that cannot be made here ({problem.strerror}).")
    return Outcome(left_out=tally.left_out)


def _lay(tree: Tree, stream: Bounded, layer: Packed) -> None:
    with opened(stream) as tar:
        tree.lay(tar)
    stream.check_end()
    if layer.digest not in {None, stream.digest()}:
        raise refused("has a layer that unpacks to something else than its config says.")
