"""A process of the app on a way full of traps: `process.py FOLDER NAME` is `bot NAME`."""

import re
import socket
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from aiohttp import web
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

import bot.gateway.app
from bot.cli import main
from tests.deaths.traps import Passage

CHANGE = re.compile(r"(INSERT(?: OR IGNORE)? INTO|UPDATE|DELETE FROM) (\w+)")
TIDY = b"/opt/greenroom/bin/tidy"


def watch_commits(passage: Passage) -> None:
    """Make every commit a point, named after the tables that it changed."""

    @event.listens_for(Engine, "before_cursor_execute")
    def note(connection, _cursor, statement, *_more):
        if change := CHANGE.match(statement):
            connection.info.setdefault("did", []).append(" ".join(change.groups()))

    plain = DefaultDialect.do_commit

    def do_commit(dialect, connection):
        did = dict.fromkeys(connection.info.pop("did", []))
        with passage.at("commit", ", ".join(did) or "nothing"):
            plain(dialect, connection)

    DefaultDialect.do_commit = do_commit


def watch_calls(passage: Passage) -> None:
    """Make every call of a job at the gateway a point."""
    answered = bot.gateway.app.answered

    @web.middleware
    async def watched(request, handler):
        harness = caller(request)
        victims = {"harness": lambda: harness, "agent": lambda: agent_of(harness)}
        with passage.at("call", f"{request.method} {request.path}", **victims):
            return await answered(request, handler)

    bot.gateway.app.answered = watched


def caller(request: web.Request) -> int:
    """Return the process id of whoever is at the other end of the socket."""
    wire = request.transport.get_extra_info("socket")
    size = struct.calcsize("3i")
    return struct.unpack("3i", wire.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))[0]


def agent_of(harness: int) -> int | None:
    """Return the process id of the agent's program in that harness's box, if it runs."""
    below = {harness}
    for _ in range(4):  # bubblewrap, the first process in the box, the program
        below |= {pid for pid in processes() if parent(pid) in below}
    return next((pid for pid in below if TIDY in command(pid)), None)


def processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def command(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


if __name__ == "__main__":
    where = Passage(Path(sys.argv[1]), sys.argv[2])
    watch_commits(where)
    watch_calls(where)
    sys.exit(main(sys.argv[2:]))
