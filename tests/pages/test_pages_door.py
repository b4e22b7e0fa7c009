"""Who is let in, what stands around every page, and how an open page hears of changes."""

import asyncio

import pytest
from aiohttp import web

from bot.clocks import system_clock
from bot.devhub.hub import Hub
from bot.devhub.journal import Journal
from bot.devhub.pages.site import RESERVED
from bot.devhub.server import application
from tests.devhub.stage import REPO


async def test_nothing_from_elsewhere_may_run_in_a_page(place):
    page = await place.as_("maintainer").read("/")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "style=" not in page.html
    assert "onclick" not in page.html


@pytest.mark.parametrize(
    ("name", "kind"),
    [("pages.css", "text/css"), ("pages.js", "text/javascript"), ("icon.svg", "image/svg+xml")],
)
async def test_files_of_the_pages_have_their_types(place, name, kind):
    page = await place.as_("").read(f"/_pages/static/{name}")
    assert (page.status, page.headers["Content-Type"].split(";")[0]) == (200, kind)
    assert (await place.as_("").read("/_pages/static/site.py")).status == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "evil.example:80"},
        {"Host": "["},
    ],
)
async def test_other_sites_get_nothing(place, headers):
    assert (await place.as_("maintainer").read("/", **headers)).status in {400, 403}
    answer = await place.stage.ask("POST /_devhub/users", body={"login": "eve"}, **headers)
    assert answer.status in {400, 403}
    assert "eve" not in place.stage.hub.accounts


async def test_the_hubs_own_pages_and_programs_are_let_in(place):
    base = place.stage.hub.base
    port = base.rpartition(":")[2]
    assert (await place.as_("").read("/", Origin=base)).status == 200
    assert (await place.as_("").read("/", Host=f"localhost:{port}")).status == 200
    assert (await place.as_("").read("/", Host=f"[::1]:{port}")).status == 200


async def test_pages_never_stand_in_front_of_the_api(place):
    assert {"repos", "app", "user", "users", "orgs", "graphql", "search"} <= RESERVED
    for path in ("/repos/acme", "/users/nobody", "/graphql", "/app/nothing", "/orgs/acme/x"):
        answer = await place.stage.ask(f"GET {path}")
        assert answer.headers["Content-Type"].startswith("application/json"), path
    answer = await place.stage.ask("GET /acme/demo.git")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert (await place.stage.ask(f"GET {REPO}", place.app)).body["full_name"] == "acme/demo"


async def test_acting_as_somebody_is_a_cookie(place):
    base, http = place.stage.hub.base, place.stage.http
    form = {"login": "stranger", "back": "/acme/demo/issues"}
    async with http.post(f"{base}/_pages/act-as", data=form, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/acme/demo/issues")
        cookie = answer.headers["Set-Cookie"]
    assert "act-as=stranger" in cookie
    assert "SameSite=Strict" in cookie
    for form in ({"login": "nobody"}, {"login": "acme", "back": "/"}):
        async with http.post(f"{base}/_pages/act-as", data=form) as answer:
            assert answer.status == 422


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/\\evil.example"])
async def test_acting_as_leads_nowhere_else(place, back):
    form, url = {"login": "stranger", "back": back}, f"{place.stage.hub.base}/_pages/act-as"
    async with place.stage.http.post(url, data=form, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/"


async def heard(stream):
    """Return the next thing that an open page is told."""
    async with asyncio.timeout(30):
        async for line in stream.content:
            if line.startswith(b"data: "):
                return line.decode().removeprefix("data: ").strip()
    return None


async def test_an_open_page_hears_of_every_change(place):
    stage, token = place.stage, place.stage.tokens["maintainer"]
    path = f"{REPO}/issues/{place.issue}"
    update = {"output": {"title": "halfway", "summary": "still at it"}}
    async with stage.http.get(f"{stage.hub.base}/_pages/events") as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        await stream.content.readuntil(b": listening\n\n")
        for line, body in (
            (f"POST {path}/comments", {"body": "x"}),
            (f"POST {path}/reactions", {"content": "eyes"}),
            (f"PATCH {REPO}/check-runs/{place.run}", update),
        ):
            await stage.did(line, place.app, body)
            assert await heard(stream) == "acme/demo", line
        await stage.did(f"PUT {REPO}/pulls/{place.pull}/merge", token, {})
        assert await heard(stream) == "acme/demo"


async def test_reading_tells_nobody_anything(place):
    stage = place.stage
    async with stage.http.get(f"{stage.hub.base}/_pages/events") as stream:
        await stream.content.readuntil(b": listening\n\n")
        await stage.did(f"GET {REPO}", place.app)
        await stage.token()
        await stage.ask(f"POST {REPO}/issues", stage.tokens["stranger"], {})
        await place.as_("stranger").read("/acme/demo")
        await stage.control("POST /organizations", login="other")
        assert await heard(stream) == "*"


async def test_a_page_left_open_does_not_hold_up_the_end(tmp_path):
    hub = Hub(tmp_path, system_clock(None), Journal(None))
    runner = web.AppRunner(application(hub), auto_decompress=False, shutdown_timeout=3600)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"GET /_pages/events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    await reader.readuntil(b": listening")
    async with asyncio.timeout(30):
        await runner.cleanup()
    writer.close()
