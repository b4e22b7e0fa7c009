"""The command line of the demo."""

import argparse
import shlex
from pathlib import Path

from bot.demo.main import demo
from bot.demo.tour import Wanted

PORT = 8000
"""Where the pages of the embedded GitHub are, unless somebody asks for another port."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("--once", action="store_true", help="do the job once, print JSON, end")
    parser.add_argument(
        "--repo", type=Path, metavar="PATH", help="show a clone of this repository"
    )
    parser.add_argument("--ci", metavar="COMMAND", help="what the small CI runs on every push")
    parser.add_argument("--port", type=int, default=PORT, help=f"of the pages ({PORT}; 0: any)")


def run(asked: argparse.Namespace) -> int:
    """Show the demo; return the exit status."""
    ci = tuple(shlex.split(asked.ci)) if asked.ci else None
    wanted = None if asked.once else Wanted(repo=asked.repo, ci=ci, port=asked.port)
    return demo(wanted)
