"""The web application: API, git, and the control API of the tests."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

from aiohttp import web

from bot.devhub import control, joblogs, smartgit
from bot.devhub.api.calls import Reply, Route
from bot.devhub.api.exchange import exchange
from bot.devhub.ci import outsiders
from bot.devhub.ci.service import Ci
from bot.devhub.graphql import endpoint
from bot.devhub.hub import Hub
from bot.devhub.pages.site import Site
from bot.devhub.problems import not_found
from bot.devhub.routes import ANYONE, ROUTES

# https://docs.github.com/en/webhooks/webhook-events-and-payloads caps at 25 MB; so does this.
LARGEST_BODY = 25 * 1024**2

# Parameters that hold slashes.
_DEEP = {"path": ".*", "ref": ".+", "branch": ".+", "basehead": ".+"}

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(hub: Hub) -> web.Application:
    """Return the application; it must run with `auto_decompress=False` for git."""
    app = web.Application(client_max_size=LARGEST_BODY)
    ci = Ci(hub)
    app.add_routes(control.routes(hub, _levers(ci)))
    for route in ROUTES:
        for path in _paths(route.path):
            app.router.add_route(route.method, path, _answer(hub, route))
    app.router.add_post("/graphql", _answer(hub, endpoint.ROUTE))
    app.router.add_route("*", r"/{owner}/{repo}.git/{path:.*}", partial(smartgit.serve, hub))
    app.router.add_get("/_logs/{secret}", partial(joblogs.serve, hub))
    Site(hub).join(app)
    app.router.add_route("*", "/{rest:.*}", _answer(hub, _NOWHERE))
    app.cleanup_ctx.append(partial(_sending, hub))
    app.cleanup_ctx.append(partial(_testing, ci))
    return app


def _levers(ci: Ci) -> dict[str, control.Act]:
    return {"POST /ci": ci.add, "GET /ci": ci.idle, "POST /checks": outsiders.report}


def _paths(path: str) -> list[str]:
    """Return the patterns of a path; a repository is also served by its id, after a rename."""
    by_id = path.replace("/repos/{owner}/{repo}", r"/repositories/{repository_id:\d+}")
    return [pattern(path), *([pattern(by_id)] if by_id != path else [])]


def pattern(path: str) -> str:
    """Return aiohttp's pattern of a path of GitHub's description."""
    return re.sub(
        r"\{(\w+)\}",
        lambda name: f"{{{name[1]}:{_DEEP[name[1]]}}}" if name[1] in _DEEP else name[0],
        path,
    )


def _answer(hub: Hub, route: Route) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return await exchange(hub, route, request)

    return answer


async def _nowhere(_call: object) -> Reply:
    raise not_found()


_NOWHERE = Route("* /{rest}", _nowhere, "", by=ANYONE)


async def _sending(hub: Hub, _app: web.Application) -> AsyncIterator[None]:
    async with hub.hookshot.running():
        yield


async def _testing(ci: Ci, _app: web.Application) -> AsyncIterator[None]:
    async with ci.running():
        yield
