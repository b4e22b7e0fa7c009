"""A page as HTML: the templates, what each of them may use, and the headers around them."""

from functools import partial
from pathlib import Path
from urllib.parse import quote

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.devhub.pages import icons
from bot.devhub.pages.moments import ago, lasting
from bot.devhub.pages.visits import Page, Visit, people
from bot.devhub.problems import not_found
from bot.devhub.shapes.reviews import thread_id
from bot.devhub.timestamps import iso

HERE = Path(__file__).parent

# Nothing from elsewhere, no script or style in the page itself.
# https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CSP
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_STATIC = {
    "pages.css": "text/css; charset=utf-8",
    "pages.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


def environment() -> Environment:
    """Return the templates; whatever enters them is escaped."""
    templates = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    templates.filters |= {
        "lasting": lasting,
        "iso": iso,
        "part": partial(quote, safe=""),
        "way": partial(quote, safe="/:@"),
    }
    templates.globals |= {
        "icon": icons.icon,
        "hue": icons.hue,
        "check_state": icons.check_state,
        "thread_id": thread_id,
    }
    return templates


def html(templates: Environment, seen: Visit, page: Page, status: int = 200) -> web.Response:
    """Return a page as its viewer sees it."""
    now = seen.hub.now()
    text = templates.get_template(page.template).render(
        seen=seen,
        viewer=seen.viewer,
        people=people(seen.hub),
        title=page.title,
        ago=lambda at: ago(now - at),
        now=now,
        **page.data,
    )
    return web.Response(
        status=status, text=text, content_type="text/html", charset="utf-8", headers=_HEADERS
    )


def static(name: str) -> web.Response:
    """Return the stylesheet, the script or the icon.

    Raises:
        Problem: 404 for anything else.
    """
    if (kind := _STATIC.get(name)) is None:
        raise not_found()
    headers = {**_HEADERS, "Content-Type": kind}
    return web.Response(body=(HERE / "static" / name).read_bytes(), headers=headers)
