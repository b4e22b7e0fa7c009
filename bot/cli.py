"""The `greenroom` command: which process or tool to run, and how a failed start is told."""

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

PROCESSES: Mapping[str, str] = {
    "serve": "run all of the app as one process group",
    "web": "take webhook deliveries in",
    "work": "work off what is due",
    "gateway": "answer the jobs",
    "migrate": "bring the database to this version",
}

TOOLS: Mapping[str, tuple[str, str]] = {
    "demo": ("bot.demo.command", "walk around in an embedded GitHub, and watch agents work"),
    "init": ("bot.init.command", "propose a configuration from a repository's own files"),
    "check-config": ("bot.checkconfig", "look for mistakes in a repository's configuration"),
    "model": ("bot.scripted.command", "stand for a model, and answer by a script"),
    "replay": ("bot.replay.command", "say what would be made of a delivery"),
    "doctor": ("bot.doctor.command", "look for what is wrong with this installation"),
    "pause": ("bot.pausing", "hold runs back, everywhere or in one place"),
    "resume": ("bot.pausing", "end what `pause` began"),
}
"""The module of each tool, which has `arguments(parser)` and `run(asked)`, and what it does.

They are imported when they are asked for: a process of the app needs none of them.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status."""
    words = sys.argv[1:] if argv is None else argv
    asked = _parser(words).parse_args(words)
    try:
        return _run(asked)
    except Misconfigured as problem:
        sys.stderr.write(f"greenroom: {problem}\n")
        return MISCONFIGURED
    except Unavailable as problem:
        sys.stderr.write(f"greenroom: {problem}\n")
        return os.EX_UNAVAILABLE


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="greenroom", description="Puts coding agents to work on issues and pull requests."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, does in PROCESSES.items():
        commands.add_parser(name, help=does, description=_sentence(does))
    for name, (module, does) in TOOLS.items():
        tool = commands.add_parser(name, help=does, description=_sentence(does))
        if name in words[:1]:
            importlib.import_module(module).arguments(tool)
    return parser


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _run(asked: argparse.Namespace) -> int:
    if asked.command in TOOLS:
        status: int = importlib.import_module(TOOLS[asked.command][0]).run(asked)
        return status
    configure_logs()
    if asked.command == "serve":
        return serve(settings_for(*Process))
    if asked.command == "migrate":
        return run_once(migrate(settings_for().database_url))
    process = Process(asked.command)
    return run_process(process, settings_for(process))
