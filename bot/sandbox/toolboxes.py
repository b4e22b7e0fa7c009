"""What lies in the folders of toolboxes, as far as programs beside them are told of it.

Their folders came from elsewhere: nothing in them is followed out of them, and what is read
has bounds.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path

from bot.model.errors import Refused
from bot.rules.toolboxes import MOST_SAID, SAYS, Surroundings, Tools, composed, read_tools

MOST_PROGRAMS = 10_000
"""Names that are read of one folder."""


def surroundings(folders: Mapping[str, Path]) -> Surroundings:
    """Say what programs are told of toolboxes; blocks for some reads.

    Args:
        folders: where each is on this host, by name, the one that goes first the first.

    Raises:
        Refused: `toolbox`: what one says of itself cannot be used.
    """
    return composed({name: _one(name, folder) for name, folder in folders.items()})


def check(name: str, folder: Path) -> None:
    """See that a folder is a toolbox; blocks for some reads.

    Raises:
        Refused: `toolbox`: it has no programs, or what it says of itself cannot be used.
    """
    tools, _ = _one(name, folder)
    for path in tools.path:
        if not ((folder / path).is_dir() and _inside(folder / path, folder)):
            words = f"The toolbox `{name}` cannot be used: it has no folder `{path}`."
            raise Refused("toolbox", words)


def _one(name: str, folder: Path) -> tuple[Tools, Collection[str]]:
    try:
        tools = _tools(folder)
    except Refused as problem:
        raise Refused(
            problem.reason, f"The toolbox `{name}` cannot be used: {problem.words}"
        ) from None
    return tools, frozenset(
        each for path in tools.path for each in _programs(folder / path, folder)
    )


def _tools(folder: Path) -> Tools:
    """Read what a toolbox says of itself; one that says nothing has its `bin`."""
    try:
        file = os.open(folder / SAYS, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return Tools()
    with os.fdopen(file, "rb") as opened:
        return read_tools(opened.read(MOST_SAID))


def _programs(path: Path, folder: Path) -> Iterator[str]:
    with suppress(OSError):
        if _inside(path, folder):
            yield from (each.name for each in islice(path.iterdir(), MOST_PROGRAMS))


def _inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
