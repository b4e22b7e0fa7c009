"""How much a checkpoint may hold, and what its next job is told about it."""

import json
from collections.abc import Mapping, Sequence

MOST: Mapping[str, int] = {"work": 64 * 1024**2, "session": 8 * 1024**2}
"""Bytes of the two parts: a bundle of what was changed, a tar of the runtime's session."""

MOST_CHANGED = 60 * 1024**2
"""Bytes of changed files that are kept: a bundle never takes much more than these."""

MOST_FILES = 20_000
"""Changed files that are kept."""

SHOWN = 20
"""Files that are named when they are left out; of more, how many."""

_LONGEST = 200


def too_much(sizes: Mapping[str, int], kept: Mapping[str, int]) -> tuple[str, ...]:
    """Return which changed files are left out, so that the rest is within bounds.

    The small ones stay: what a person or an agent wrote is small, what a program made is not.

    Args:
        sizes: bytes of each file that has changed since the last checkpoint.
        kept: the same of those that were kept before.
    """
    others = {path: size for path, size in kept.items() if path not in sizes}
    room, places = MOST_CHANGED - sum(others.values()), MOST_FILES - len(others)
    left: list[str] = []
    for path, size in sorted(sizes.items(), key=lambda each: (each[1], each[0])):
        if size > room or places < 1:
            left.append(path)
        else:
            room, places = room - size, places - 1
    return tuple(sorted(left))


def listed(paths: Sequence[str]) -> tuple[str, ...]:
    """Name files, a line each and not too many, whatever their names hold."""
    named = [json.dumps(path)[:_LONGEST] for path in paths[:SHOWN]]
    more = len(paths) - len(named)
    return (*named, f"and {more} more") if more else tuple(named)
