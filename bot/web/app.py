"""Three addresses: `POST /webhook`, `GET /healthz`, `GET /readyz`.

They stand on aiohttp's low-level server: a router, middlewares and an access log would
cost more time for a delivery than all that we do with it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from pydantic import SecretStr

from bot.model.clock import Clock
from bot.model.errors import Refused
from bot.store.engine import Store
from bot.store.intake import Intake
from bot.web.answers import refuse
from bot.web.health import Readiness, healthz
from bot.web.webhook import Webhook

Handler = Callable[[web.BaseRequest], Awaitable[web.Response]]

LINGER = 1.0
"""Seconds to go on reading a body that was refused, so that its sender hears why."""

IDLE = 75.0
"""Seconds after which a connection without requests is closed."""


def make_app(secrets: Sequence[SecretStr], intake: Intake, store: Store, clock: Clock) -> Handler:
    """Make the handler of all requests.

    Args:
        secrets: any of them may have signed a delivery.
        intake: keeps deliveries; its `run` is the caller's to run.
        store: is asked by `GET /readyz`.
        clock: says when a delivery came.
    """
    routes: Mapping[str, tuple[str, Handler]] = {
        "/webhook": ("POST", Webhook(secrets, intake, clock)),
        "/healthz": ("GET", healthz),
        "/readyz": ("GET", Readiness(store)),
    }

    async def handle(request: web.BaseRequest) -> web.Response:
        method, handler = routes.get(request.path, ("", None))
        if handler is None:
            return refuse(Refused("path", "There is /webhook, /healthz and /readyz."))
        if request.method != method:
            refusal = refuse(Refused("method", f"{request.path} takes {method} alone."))
            refusal.headers["Allow"] = method
            return refusal
        return await handler(request)

    return handle


@asynccontextmanager
async def serve(app: Handler, host: str, port: int) -> AsyncIterator[int]:
    """Listen while the block runs, then finish what was begun; gives the port listened on."""
    server = web.Server(
        app,
        access_log=None,
        auto_decompress=False,
        keepalive_timeout=IDLE,
        lingering_time=LINGER,
    )
    runner = web.ServerRunner(server)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, backlog=1024)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
