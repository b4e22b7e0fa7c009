"""Which page is at which address, and what stands around them all.

The API was here first: an owner whose name is the first word of one of its paths has no pages.
"""

from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web

from bot.devhub.api.exchange import READING
from bot.devhub.changes import Change
from bot.devhub.hub import Hub
from bot.devhub.pages.acts import ACTS
from bot.devhub.pages.door import Door
from bot.devhub.pages.rendering import environment, html, static
from bot.devhub.pages.stream import Stream
from bot.devhub.pages.timeline import Timeline
from bot.devhub.pages.views import checks, code, commits, home, issues, pulls
from bot.devhub.pages.visits import COOKIE, Page, Visit, check_from_here, people, visit
from bot.devhub.problems import Problem
from bot.devhub.records import Repository
from bot.devhub.routes import ROUTES

View = Callable[[Visit], Awaitable[Page]]
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

RESERVED = frozenset(
    {
        "enterprises",
        "gists",
        "graphql",
        "login",
        "orgs",
        "organizations",
        "repositories",
        "search",
        "settings",
        "teams",
        *(route.path.split("/")[1] for route in ROUTES),
    }
)
"""Names that no owner of a page has: the API's own, and those that GitHub keeps for itself."""

_OWNER = rf"{{owner:(?!(?:{'|'.join(sorted(RESERVED))})(?:/|$))[A-Za-z0-9][\w.-]*(?:\[bot\])?}}"
_REPO = rf"/{_OWNER}/{{repo:(?![^/]*\.git(?:/|$))[\w.-]+}}"
_ISSUE = r"{number:[1-9]\d{0,8}}"
_ID = r"{id:[1-9]\d{0,15}}"

_WRITABLE = ("/repos/", "/repositories/", "/_devhub/")

PAGES: tuple[tuple[str, View], ...] = (
    ("/", home.index),
    (f"/{_OWNER}", home.account),
    (f"/settings/installations/{_ID}", home.installation),
    (f"/organizations/{{organization}}/settings/installations/{_ID}", home.installation),
    (_REPO, code.root),
    (f"{_REPO}/tree/{{rest:.+}}", code.folder),
    (f"{_REPO}/blob/{{rest:.+}}", code.file),
    (f"{_REPO}/edit/{{rest:.+}}", code.editor),
    (f"{_REPO}/branches", code.branches),
    (f"{_REPO}/commits/{{rest:.+}}", commits.index),
    (f"{_REPO}/commit/{{sha:[0-9a-f]{{7,40}}}}", commits.show),
    (f"{_REPO}/compare", commits.compare),
    (f"{_REPO}/compare/{{span:.+}}", commits.compare),
    (f"{_REPO}/issues", issues.index),
    (f"{_REPO}/issues/new", issues.new),
    (f"{_REPO}/issues/{_ISSUE}", issues.show),
    (f"{_REPO}/pulls", pulls.index),
    (f"{_REPO}/pull/{_ISSUE}", pulls.show),
    (f"{_REPO}/pull/{_ISSUE}/commits", pulls.commits),
    (f"{_REPO}/pull/{_ISSUE}/checks", pulls.checks),
    (f"{_REPO}/pull/{_ISSUE}/files", pulls.files),
    (f"{_REPO}/runs/{_ID}", checks.show),
    (f"{_REPO}/settings/installations", home.installed),
)


class Site:
    """The pages of one hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._templates = environment()
        self._timeline = Timeline(hub.clock)
        self._stream = Stream()
        self._door = Door(hub)

    def join(self, app: web.Application) -> None:
        """Put the pages beside what the application serves already."""
        self._hub.changes.hear(self._timeline.hear)
        self._hub.changes.hear(self._stream.hear)
        app.middlewares.append(self._around)
        app.cleanup_ctx.append(self._door.open)
        app.on_shutdown.append(self._stream.close)
        app.router.add_get("/_pages/events", self._stream.serve)
        app.router.add_get("/_pages/static/{name}", self._static)
        app.router.add_post("/_pages/act-as", self._act_as)
        for pattern, view in PAGES:
            app.router.add_get(pattern, partial(self._show, view))
            app.router.add_post(pattern, partial(self._act, view))

    @web.middleware
    async def _around(self, request: web.Request, handler: Answer) -> web.StreamResponse:
        """Let nobody in from another site, and tell the open pages of what was written."""
        try:
            check_from_here(self._hub, request)
        except Problem as problem:
            return web.Response(status=problem.status, text=f"{problem.message}\n")
        response = await handler(request)
        if _wrote(request, response):
            self._hub.changes.tell(Change(repository=_named(self._hub, request)))
        return response

    async def _show(self, view: View, request: web.Request) -> web.Response:
        return await self._page(view, visit(self._hub, self._timeline, request))

    async def _page(self, view: View, seen: Visit, status: int = 200) -> web.Response:
        try:
            return html(self._templates, seen, await view(seen), status)
        except Problem as problem:
            page = Page(template="problem.html", title=problem.message, data={"problem": problem})
            return html(self._templates, seen, page, problem.status)

    async def _act(self, view: View, request: web.Request) -> web.Response:
        """Do what a form asks; show the page again, with what was typed, when it is refused."""
        seen = visit(self._hub, self._timeline, request)
        form = {name: str(value) for name, value in (await request.post()).items()}
        try:
            where = await self._done(seen, form)
        except Problem as problem:
            refused = seen.refused(problem.message, form)
            return await self._page(view, refused, problem.status)
        return web.Response(status=303, headers={"Location": where})

    async def _done(self, seen: Visit, form: dict[str, str]) -> str:
        """Return where to go after an act.

        Raises:
            Problem: it was refused.
        """
        if (act := ACTS.get(form.get("act", ""))) is None or seen.viewer is None:
            raise Problem(422, "The page does not know how to do this.")
        line, body = act.request(form, seen), act.json(form, seen)
        answer = await self._door.ask(seen.viewer, line, body)
        if answer.refusal:
            # what GraphQL refuses has status 200
            raise Problem(max(answer.status, web.HTTPBadRequest.status_code), answer.refusal)
        return act.goes_to(seen, answer)

    async def _static(self, request: web.Request) -> web.Response:
        try:
            return static(request.match_info["name"])
        except Problem as problem:
            return web.Response(status=problem.status)

    async def _act_as(self, request: web.Request) -> web.Response:
        """Make the browser somebody else's, and go back to where it was."""
        form = await request.post()
        login, back = str(form.get("login")), str(form.get("back"))
        if login not in {each.login for each in people(self._hub)}:
            return web.Response(status=422, text="The hub knows no such person.\n")
        here = back if back.startswith("/") and back[1:2] not in {"/", "\\"} else "/"
        response = web.Response(status=303, headers={"Location": here})
        response.set_cookie(COOKIE, login, httponly=True, samesite="Strict", max_age=90 * 86400)
        return response


def _wrote(request: web.Request, response: web.StreamResponse) -> bool:
    """Return whether a request has changed what pages show.

    A page's own form is a request to the API, which is told for itself.
    """
    if request.method in READING or response.status >= web.HTTPBadRequest.status_code:
        return False
    return request.path.startswith(_WRITABLE) or request.path.endswith("/git-receive-pack")


def _named(hub: Hub, request: web.Request) -> Repository | None:
    names = request.match_info
    return hub.repositories.get(f"{names.get('owner')}/{names.get('repo')}".lower())
