"""An image's tree as the root of a box: which of it is shown where.

The tree is not mounted as a whole.  What lies at its top is shown entry by entry in a root
that is the box's own, and so is each folder in which something of ours has to lie.  So no link
of the image is ever on the way to what we mount, and a file or a link of the image where ours
belongs is left out, whatever it leads to.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import FileIO
from itertools import islice
from pathlib import Path, PurePosixPath

from bot.rules.imageconfig import ImageConfig, read_config
from bot.rules.images import SAYS, coded, refused
from bot.sandbox.box import ETC, Bind, Root

OURS = (
    "/dev", "/etc/group", "/etc/hosts", "/etc/nsswitch.conf", "/etc/passwd", "/proc", "/run",
    "/sys", "/tmp", "/var/tmp", f"/{SAYS}",  # noqa: S108 - paths inside
)  # fmt: skip
"""Where the image shows nothing: the box has something else there, or nothing."""

MOST_ENTRIES = 1500
"""Entries of the top and of folders in which something of ours lies: each is a mount."""

MOST_LINKS = 40
"""Links on the way to one file, as Linux has it."""

SHELL = "/bin/sh"
"""What runs a command in a box."""

_TOP, _RUN = PurePosixPath("/"), PurePosixPath("/run")
_MOST_STEPS = 1000
_MOST_ACCOUNTS = 64 * 1024
_MOST_RUN = 100
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def config(tree: Path) -> ImageConfig:
    """Return what the image of a tree says of programs in it.

    Raises:
        Refused: `image`: it says what no program can be told.
    """
    try:
        return read_config((tree / SAYS).read_bytes())
    except FileNotFoundError:
        return ImageConfig()


def laid_out(tree: Path, ours: Iterable[str] = ()) -> Root:
    """Say what of a tree is seen where in a box that has it for its root.

    Args:
        tree: nobody writes to it any more.
        ours: paths in the box at which something else lies.

    Raises:
        Refused: `image`: it has too many files beside ours.
    """
    taken = {PurePosixPath(path) for path in (*OURS, *ours)}
    opened = {parent for path in taken for parent in path.parents} - taken
    binds: list[Bind] = []
    links: list[tuple[str, str]] = []
    folders = deque([_TOP])
    while folders:
        for name, source in _entries(tree, folders.popleft()):
            if name in taken:
                continue
            if name in opened:
                # what is no folder there makes way for one
                folders.extend([name] if source.is_dir(follow_symlinks=False) else ())
            elif source.is_symlink():
                links.append((str(Path(source.path).readlink()), str(name)))
            else:
                binds.append(Bind(source=source.path, target=str(name)))
            if len(binds) + len(links) > MOST_ENTRIES:
                raise refused(f"has too many files in {coded(str(name.parent))}.")
    return Root(
        binds=tuple(binds),
        links=tuple(links),
        run=tuple(islice(_run(tree, _RUN), _MOST_RUN)),
    )


def resolved(tree: Path, path: str) -> PurePosixPath:
    """Return where a path leads in a tree by its links, none of which leads out of it.

    What is not there is taken for a name like any other.

    Raises:
        Refused: `image`: the links lead in a circle.
    """
    here, left, followed = _TOP, deque(_names(path)), 0
    for _ in range(_MOST_STEPS):
        if not left:
            return here
        name = left.popleft()
        to = None if name == ".." else _link(tree, here / name)
        if to is None:
            here = here.parent if name == ".." else here / name
            continue
        followed += 1
        if followed > MOST_LINKS:
            break
        here = _TOP if to.startswith("/") else here
        left.extendleft(reversed(_names(to)))
    raise refused(f"has links that lead in a circle, at {coded(path)}.")


def check(tree: Path) -> None:
    """See that a box can have a tree for its root; blocks for some reads.

    Raises:
        Refused: `image`: it says what cannot be done, or has too much where ours belongs.
    """
    config(tree)
    laid_out(tree)


def check_shell(tree: Path) -> None:
    """See that a command can be run in a box with this root.

    Raises:
        Refused: `image`: there is no shell, or it is behind links that lead in a circle.
    """
    if not _real(tree, resolved(tree, SHELL)).is_file():
        raise refused(f"has no `{SHELL}`, which runs commands.")


def has_folder(tree: Path, path: PurePosixPath) -> bool:
    """Tell whether a folder is in a tree, at a path that `resolved` gave."""
    real = _real(tree, path)
    return real.is_dir() and not real.is_symlink()


def is_free(path: PurePosixPath, *ours: str) -> bool:
    """Tell whether something may lie at a path: neither in what is ours, nor over it."""
    taken = [PurePosixPath(each) for each in (*OURS, *ours)]
    return not any(path.is_relative_to(each) or each.is_relative_to(path) for each in taken)


def write_etc(tree: Path, folder: Path) -> None:
    """Write what a box with this root has in `/etc` of ours: the image's accounts, and the box's.

    Raises:
        Refused: `image`: its links lead in a circle.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in ETC.iterdir():
        data = path.read_bytes()
        if path.name in {"group", "passwd"}:
            # whom the box runs as is found first
            data += _plain(tree, f"/etc/{path.name}")
        if path.name == "nsswitch.conf":
            data = _plain(tree, "/etc/nsswitch.conf") or data
        (folder / path.name).write_bytes(data)


def _entries(
    tree: Path, folder: PurePosixPath
) -> Iterator[tuple[PurePosixPath, os.DirEntry[str]]]:
    with os.scandir(_real(tree, folder)) as found:
        for entry in islice(found, MOST_ENTRIES + len(OURS) + 1):
            yield folder / entry.name, entry


def _run(tree: Path, folder: PurePosixPath, deep: int = 2) -> Iterator[str]:
    """Yield the folders below one, each before those in it."""
    if not has_folder(tree, folder):
        return
    for name, entry in _entries(tree, folder):
        if entry.is_dir(follow_symlinks=False):
            yield str(name)
            if deep > 1:
                yield from _run(tree, name, deep - 1)


def _link(tree: Path, path: PurePosixPath) -> str | None:
    with suppress(OSError):
        return str(_real(tree, path).readlink())
    return None


def _plain(tree: Path, path: str) -> bytes:
    """Read the first lines of a file of a tree; nothing where there is none."""
    with suppress(OSError), FileIO(os.open(_real(tree, resolved(tree, path)), _FILE)) as file:
        whole, newline, _ = (file.read(_MOST_ACCOUNTS) or b"").rpartition(b"\n")
        return whole + newline
    return b""


def _real(tree: Path, path: PurePosixPath) -> Path:
    return tree / path.relative_to(_TOP)


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in {"", "."}]
