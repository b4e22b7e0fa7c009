"""What lies in the folders of toolboxes, as far as programs beside them are told of it.

Their folders came from elsewhere: nothing in them is followed out of them, and what is read
has bounds.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

from bot.model.errors import Refused
from bot.rules.toolboxes import MOST_SAID, SAYS, Surroundings, Tools, composed, read_tools

MOST_PROGRAMS = 10_000
"""Names that are read of one folder."""


def surroundings(folders: Mapping[str, Path]) -> Surroundings:
    """Say what programs are told of toolboxes; blocks for some reads.

    Of one that says what it may not, nothing but its `bin` counts, and that is a conflict too.

    Args:
        folders: where each is on this host, by name, the one that goes first the first.
    """
    found: dict[str, tuple[Tools, Collection[str]]] = {}
    unsaid: list[str] = []
    for name, folder in folders.items():
        try:
            tools = _tools(folder)
        except Refused as problem:
            tools = Tools()
            unsaid.append(f"What the toolbox `{name}` says is not heard: {problem.words}")
        found[name] = tools, frozenset(_programs(tools, folder))
    beside = composed(found)
    return replace(beside, conflicts=(*unsaid, *beside.conflicts))


def check(name: str, folder: Path) -> None:
    """See that a folder is a toolbox; blocks for some reads.

    Raises:
        Refused: `toolbox`: it has no programs, or what it says of itself cannot be used.
    """
    try:
        tools = _tools(folder)
    except Refused as problem:
        raise _unusable(name, problem.words) from None
    for path in tools.path:
        if not ((folder / path).is_dir() and _inside(folder / path, folder)):
            raise _unusable(name, f"it has no folder `{path}`.")


def _tools(folder: Path) -> Tools:
    """Read what a toolbox says of itself; one that says nothing has its `bin`."""
    try:
        file = os.open(folder / SAYS, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return Tools()
    with os.fdopen(file, "rb") as opened:
        return read_tools(opened.read(MOST_SAID))


def _programs(tools: Tools, folder: Path) -> Iterator[str]:
    for path in tools.path:
        with suppress(OSError):
            if _inside(folder / path, folder):
                yield from (each.name for each in islice((folder / path).iterdir(), MOST_PROGRAMS))


def _inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _unusable(name: str, words: str) -> Refused:
    return Refused("toolbox", f"The toolbox `{name}` cannot be used: {words}")
