"""The `greenroom` command: which process to run, and how a start that fails is told."""

import argparse
import importlib
import os
import sys
from collections.abc import Mapping, Sequence

from bot.model.errors import Misconfigured, Unavailable
from bot.model.settings import Process
from bot.store.migrate import migrate
from bot.wiring.base import configure_logs, settings_for
from bot.wiring.processes import MISCONFIGURED, run_once, run_process, serve

PROCESSES: Mapping[Process, str] = {
    Process.WEB: "take webhook deliveries in",
    Process.WORK: "work off what is due",
    Process.GATEWAY: "answer the jobs",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status."""
    asked = _parser().parse_args(argv)
    try:
        return _run(asked)
    except Misconfigured as problem:
        sys.stderr.write(f"greenroom: {problem}\n")
        return MISCONFIGURED
    except Unavailable as problem:
        sys.stderr.write(f"greenroom: {problem}\n")
        return os.EX_UNAVAILABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="greenroom", description="Puts coding agents to work on issues and pull requests."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("serve", help="run all of the app as one process group")
    for process, does in PROCESSES.items():
        commands.add_parser(process.value, help=does)
    commands.add_parser("migrate", help="bring the database to this version")
    demo = commands.add_parser("demo", help="show the main job with an embedded GitHub")
    demo.add_argument("--once", action="store_true", help="do the job once, print JSON, end")
    return parser


def _run(asked: argparse.Namespace) -> int:
    if asked.command == "demo":
        demo: int = importlib.import_module("bot.demo.main").demo(once=asked.once)
        return demo
    configure_logs()
    if asked.command == "serve":
        return serve(settings_for(*Process))
    if asked.command == "migrate":
        return run_once(migrate(settings_for().database_url))
    process = Process(asked.command)
    return run_process(process, settings_for(process))
