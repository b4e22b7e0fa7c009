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

TITLE = "Work in progress"
"""The first line of a commit of work in progress; what was left out stands below it."""

_LONGEST = 200
_LEFT_OUT = "Left out: "


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


def message(left_out: Sequence[str]) -> str:
    """Return the message of a commit of work in progress."""
    lines = [f"{_LEFT_OUT}{line}" for line in listed(left_out)]
    return "\n".join([TITLE, "", *lines]).rstrip() + "\n"


def found(of_commit: str) -> str:
    """Tell an agent what it finds, by the message of the commit that it was."""
    text = "The changes of your last job, which are not handed in yet, are in the working tree."
    missing = [line for line in of_commit.split("\n") if line.startswith(_LEFT_OUT)]
    named = [_plain(line.removeprefix(_LEFT_OUT)) for line in missing[: SHOWN + 1]]
    return f"{text} Too large to be kept, and gone: {', '.join(named)}." if named else text


def kept_aside(ref: str, base: str, conflicts: Sequence[str]) -> str:
    """Tell an agent that its work does not fit onto the branch as it is now."""
    files = ", ".join(listed(conflicts))
    return (
        "The branch has moved, and the changes of your last job do not fit onto it any more; "
        f"they are not in the working tree. Both sides changed: {files}. Your changes are the "
        f"commit `{ref}`: see `git diff {base} {ref}`, and take over what is still right."
    )


LOST: Mapping[str, str] = {
    "work": "The changes of the last job could not be had back; this one starts without them.",
    "session": "The conversation of the last job could not be had back; this is a new one.",
}
"""What is said, to people too, when a part of a checkpoint is broken or gone."""


def briefed(brief: str, notes: Sequence[str]) -> str:
    """Add to a brief what became of the last job's work."""
    if not notes:
        return brief
    lines = "".join(f"- {note}\n" for note in notes)
    return f"{brief.rstrip()}\n\n## Where the last job stopped\n\n{lines}"


def _plain(text: str) -> str:
    """Keep a name that came back from doing more than being one."""
    return "".join(letter for letter in text if letter.isprintable() and letter != "`")[:_LONGEST]
