"""The command line of the scripted model."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from bot.model.errors import Misconfigured
from bot.scripted.script import Script, script_file
from bot.scripted.server import scripted

PORTS = 65_536


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "--script", type=Path, required=True, metavar="FILE", help="what it says and does"
    )
    parser.add_argument("--port", type=_port, default=0, help="where it listens (any free port)")
    parser.add_argument("--key", metavar="WORD", help="the key that requests must bring")


def run(asked: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; return the exit status.

    Raises:
        Misconfigured: the script is none, or the port is taken.
    """
    asyncio.run(_serve(script_file(asked.script), asked.port, asked.key))
    return 0


async def _serve(script: Script, port: int, key: str | None) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        async with scripted(script, key=key, port=port) as model:
            sys.stdout.write(f"{model.address}\n")
            sys.stdout.flush()
            await stopped.wait()
    except OSError as problem:
        raise Misconfigured(f"--port {port}: {problem.strerror}.") from None


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < PORTS:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is no port: give 0 to {PORTS - 1}")
