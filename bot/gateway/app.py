"""The gateway as a server: a token at the door, one answer for each call, one socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from bot.gateway.answers import answered
from bot.gateway.bodies import LARGEST
from bot.gateway.calls import Calls
from bot.gateway.checkpoints import Blobs
from bot.gateway.listener import BACKLOG, listen
from bot.gateway.models import Models
from bot.gateway.repositories import Repositories
from bot.gateway.tokens import bearing
from bot.gateway.tools import Tools
from bot.gateway.validations import Validations
from bot.work.broker import Broker
from bot.work.checkpoints import Checkpoints
from bot.workspace.mirror import Mirrors
from bot.workspace.quarantine import Quarantines

GRACE = 5.0
"""Seconds that a stopping gateway gives to the calls that it has begun."""


def make_app(  # noqa: PLR0913, PLR0917 - all that jobs may talk to
    broker: Broker,
    checkpoints: Checkpoints,
    mirrors: Mirrors,
    quarantines: Quarantines,
    models: Models | None = None,
    validations: Validations | None = None,
) -> web.Application:
    """Make the gateway.

    Args:
        broker: decides on everything else.
        checkpoints: decides on what jobs leave, and gives it back.
        mirrors: what jobs may read; each its own run's.
        quarantines: what jobs may write to; likewise.
        models: the door to language models; None for a gateway without one.
        validations: likewise to validations.
    """
    app = web.Application(
        middlewares=(answered, bearing),
        client_max_size=LARGEST,
        # git inflates its requests itself; and no caller is to see a traceback, in asyncio's
        # debug mode either
        handler_args={"auto_decompress": False, "debug": False},
    )
    tools = Tools(broker, validations.validator if validations else None)
    app.add_routes(Calls(broker, claimed=tools.expect).routes())
    app.add_routes(tools.routes())
    app.add_routes(Blobs(checkpoints).routes())
    app.add_routes(Repositories(broker, mirrors, quarantines).routes())
    app.add_routes(models.routes() if models else [])
    app.add_routes(validations.routes() if validations else [])
    return app


@asynccontextmanager
async def serve(app: web.Application, folder: Path) -> AsyncIterator[None]:
    """Listen on `gateway.sock` in `folder` while the block runs, then finish what was begun.

    The file stays when the gateway goes: a client that finds nobody there tries again, and
    the next gateway, which may be up already, replaces it.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=GRACE)
    await runner.setup()
    try:
        assert runner.server is not None
        loop = asyncio.get_running_loop()
        server = await loop.create_unix_server(runner.server, sock=listen(folder), backlog=BACKLOG)
        try:
            yield
        finally:
            server.close()
    finally:
        await runner.cleanup()
