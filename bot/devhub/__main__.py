"""`python -m bot.devhub`: run the embedded GitHub until SIGTERM."""

import argparse
import asyncio
import json
import os
import signal
from pathlib import Path

from aiohttp import web

from bot.clocks import system_clock
from bot.devhub.hub import Hub
from bot.devhub.journal import Journal
from bot.devhub.server import application


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(prog="python -m bot.devhub", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder of the repositories")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--clock", type=Path, help="file with seconds to add to the clock")
    parser.add_argument("--record", type=Path, help="file that gets a line for each exchange")
    parser.add_argument("--ready-file", type=Path, help="gets {url, pid} once it listens")
    return parser.parse_args()


async def main(given: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    given.home.mkdir(parents=True, exist_ok=True)
    hub = Hub(given.home, system_clock(given.clock), Journal(given.record))
    runner = web.AppRunner(
        application(hub), auto_decompress=False, access_log=None, shutdown_timeout=1.0
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, given.host, given.port).start()
        host, port = runner.addresses[0][:2]
        hub.base = f"http://{host}:{port}"
        announce(given.ready_file, hub.base)
        await stopped.wait()
    finally:
        await runner.cleanup()
        hub.journal.close()


def announce(file: Path | None, url: str) -> None:
    """Tell whoever waits for the file where the hub is, in one atomic step."""
    if file is None:
        return
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps({"url": url, "pid": os.getpid()}), encoding="utf-8")
    fresh.replace(file)


if __name__ == "__main__":
    asyncio.run(main(arguments()))
