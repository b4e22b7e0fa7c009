"""The command line of the demo."""

import argparse
import shlex
from pathlib import Path

from bot.demo.main import demo
from bot.demo.tour import Wanted
from bot.model.errors import Misconfigured

PORT = 8000
"""Where the pages of the embedded GitHub are, unless somebody asks for another port."""


PORTS = 65_536


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "--once", action="store_true", help="do both jobs without pages, print JSON, and end"
    )
    parser.add_argument(
        "--repo", type=Path, metavar="PATH", help="show a clone of your own, which is only read"
    )
    parser.add_argument(
        "--ci", type=_words, metavar="COMMAND", help="what the small CI runs on every push"
    )
    parser.add_argument(
        "--port", type=_port, default=PORT, help=f"where the pages are ({PORT}; 0 takes any)"
    )


def run(asked: argparse.Namespace) -> int:
    """Show the demo; return the exit status.

    Raises:
        Misconfigured: the words exclude each other, or see `demo`.
    """
    if not asked.once:
        return demo(Wanted(repo=asked.repo, ci=asked.ci, port=asked.port))
    if asked.repo or asked.ci:
        raise Misconfigured("--once shows a project of its own; leave --repo and --ci out.")
    return demo(None)


def _words(text: str) -> tuple[str, ...] | None:
    try:
        return tuple(shlex.split(text)) or None
    except ValueError as problem:
        raise argparse.ArgumentTypeError(f"{problem} in {text!r}") from None


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < PORTS:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is no port: give 0 to {PORTS - 1}")
