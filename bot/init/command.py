"""The command `greenroom init`: prints what it proposes, and writes it where it is told to."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.init.sight import seen
from bot.model.errors import Refused
from bot.rules.layers import MISNAMED, SETTINGS
from bot.rules.proposals.proposal import proposed
from bot.rules.proposals.written import written

THERE, NOTHING = 1, 2
"""Exit statuses, when there is a configuration already and when there is nothing to propose."""

LEFT = "is there already and is left as it is. Without --write the proposal is printed."
NEXT = (
    "Read it, try its commands, and look with `greenroom check-config`. "
    "It counts when it is on the default branch.\n"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take the words after `init`."""
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(),
        metavar="FOLDER",
        help="the top of a repository; else this folder",
    )
    parser.add_argument(
        "--toolbox",
        action="append",
        default=[],
        metavar="NAME=IMAGE",
        help="a toolbox that you have, by its image's digest; may be repeated",
    )
    parser.add_argument(
        "--write", action="store_true", help=f"write {SETTINGS}, where there is none yet"
    )


def run(asked: argparse.Namespace) -> int:
    """Propose a configuration; return the exit status."""
    try:
        text = _proposal(asked.folder, _images(asked.toolbox))
        if not asked.write:
            sys.stdout.write(text)
            return 0
        file = _write(asked.folder, text)
    except Refused as problem:
        sys.stderr.write(f"greenroom: {problem}\n")
        return THERE if problem.reason == "there" else NOTHING
    sys.stdout.write(f"{file} is written. {NEXT}")
    return 0


def _proposal(folder: Path, images: Mapping[str, str]) -> str:
    top, *below = seen(folder)
    proposal = proposed(top, below)
    if proposal is None:
        words = "no file here tells how it is tested or built. docs/configuration.md says what"
        raise Refused("nothing", f"{folder}: {words} a configuration may say.")
    return written(proposal, images)


def _images(words: Sequence[str]) -> dict[str, str]:
    """Read toolboxes as they are typed.

    Raises:
        Refused: `toolbox`: one is not NAME=IMAGE.
    """
    pairs = [each.partition("=") for each in words]
    if wrong := [each for each, pair in zip(words, pairs, strict=True) if not all(pair)]:
        raise Refused("toolbox", f"--toolbox {wrong[0]}: write NAME=IMAGE.")
    return {name: image for name, _, image in pairs}


def _write(folder: Path, text: str) -> Path:
    """Write the file, if there is none.

    Raises:
        Refused: `there`: there is one; `unwritable`.
    """
    file = folder / SETTINGS
    if (folder / MISNAMED).exists():
        raise Refused("there", f"{folder / MISNAMED} {LEFT}")
    try:
        file.parent.mkdir(exist_ok=True)
        with file.open("x", encoding="utf-8") as made:
            made.write(text)
    except FileExistsError as problem:
        raise Refused("there", f"{problem.filename} {LEFT}") from None
    except OSError as problem:
        raise Refused("unwritable", f"{problem.filename}: {problem.strerror}.") from None
    return file
