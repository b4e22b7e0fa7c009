"""`greenroom check-config`: looks for mistakes before a commit does."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from bot.model.errors import Refused
from bot.rules.layers import AGENTS, MOST_SIZE, SETTINGS
from bot.rules.repoconfig import Layer, Mistake, effective, mistakes

FOLDER = Path(".github")

PATTERNS = ("greenroom.yml", "greenroom.yaml", "greenroom/*.yml", "agents/*.md")
"""What is read in `.github`."""

FOUND, NOTHING_TO_READ = 1, 2
"""Exit statuses, when there are mistakes and when there is nothing at the path."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take the words after `check-config`."""
    parser.add_argument(
        "path",
        nargs="?",
        type=Path,
        default=Path(),
        metavar="PATH",
        help="a repository, its .github folder or one of its files; else this folder",
    )
    parser.add_argument(
        "--org", type=Path, metavar="PATH", help="the organization's .github repository"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(asked: argparse.Namespace) -> int:
    """Print what is wrong; return the exit status."""
    try:
        repo = _layer(asked.path, "this repository")
        org = _layer(asked.org, "the organization") if asked.org else None
    except Refused as problem:
        sys.stderr.write(f"greenroom: {problem}\n")
        return NOTHING_TO_READ
    layers = [(asked.path, repo), *([(asked.org, org)] if org else [])]
    found = [(path, each) for path, layer in layers for each in mistakes(layer)]
    config = None if found else effective(org, repo)
    found += [(asked.path, each) for each in (config.overruled if config else ())]
    agents = sorted(config.agents) if config else []
    lines = [(_shown(path, each.path), each) for path, each in found]
    files = sum(len(layer.files) for _, layer in layers)
    sys.stdout.write(_json(lines, files, agents) if asked.json else _text(lines, files, agents))
    return FOUND if found else 0


def _layer(path: Path, where: str) -> Layer:
    """Read the files that configure.

    Raises:
        Refused: there are none, or one cannot be read.
    """
    try:
        files = dict(_files(path)) if path.exists() else {}
    except OSError as problem:
        raise Refused("unreadable", f"{problem.filename}: {problem.strerror}.") from None
    if not files:
        raise Refused("nothing", f"{path}: there is no {SETTINGS} and nothing in {AGENTS}.")
    return Layer(where=where, files=files)


def _files(path: Path) -> Iterator[tuple[str, str]]:
    folder = _folder(path)
    for pattern in PATTERNS:
        for file in sorted(folder.glob(pattern)):
            if file.is_file():
                yield str(FOLDER / file.relative_to(folder)), _text_of(file)


def _folder(path: Path) -> Path:
    """Find `.github` from a repository, from itself or from a file in it."""
    above = [
        each for each in (path.resolve(), *path.resolve().parents) if each.name == FOLDER.name
    ]
    return above[0] if above and not (path / FOLDER).is_dir() else path / FOLDER


def _text_of(file: Path) -> str:
    """Read a file as far as anything would be made of it."""
    with file.open("rb") as opened:
        return opened.read(MOST_SIZE + 1).decode(errors="replace")


def _shown(path: Path, file: str) -> str:
    return str(_folder(path) / Path(file).relative_to(FOLDER))


def _text(lines: list[tuple[str, Mistake]], files: int, agents: list[str]) -> str:
    counted = f"{files} file{'s' * (files != 1)}"
    if not lines:
        return f"{counted}, no mistakes; agents: {', '.join(agents) or 'none'}\n"
    told = [f"{path}:{each.line}: {each.words} {each.remedy}\n" for path, each in lines]
    return "".join([*told, f"{counted}, {len(lines)} mistake{'s' * (len(lines) != 1)}\n"])


def _json(lines: list[tuple[str, Mistake]], files: int, agents: list[str]) -> str:
    told = [{**asdict(each), "path": path} for path, each in lines]
    found = {"files": files, "agents": agents, "mistakes": told}
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
