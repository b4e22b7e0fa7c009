"""One exchange of the API: who asks, what stands in the way, the answer and its headers."""

import hashlib
import json
import secrets
from email.utils import formatdate
from typing import Any

from aiohttp import web

from bot.devhub import ratelimits
from bot.devhub.api.calls import DOCS, JSON, Call, Reply, Route
from bot.devhub.callers import NOBODY, Caller, identify
from bot.devhub.hub import Hub
from bot.devhub.permissions import reaches, satisfies
from bot.devhub.problems import Problem, not_found
from bot.devhub.records import Repository

READING = frozenset({"GET", "HEAD", "OPTIONS"})
_SUBJECTS = frozenset({"issue_number", "pull_number", "ref", "commit_sha"})
_SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
)


async def exchange(hub: Hub, route: Route, request: web.Request) -> web.Response:
    """Answer one request."""
    caller, reply = NOBODY, Reply()
    try:
        caller = identify(hub, request.headers.get("Authorization"))
        reply = await _tripped(hub, route, request, caller)
    except Problem as problem:
        reply = _refusal(route, problem)
    response = await _response(hub, route, request, caller, reply)
    await _record(hub, route, request, caller, response)
    return response


def _refusal(route: Route, problem: Problem) -> Reply:
    documentation = f"{DOCS}{route.docs}"
    return Reply(body=problem.body(documentation), status=problem.status, headers=problem.headers)


async def _tripped(hub: Hub, route: Route, request: web.Request, caller: Caller) -> Reply:
    """Handle a request; one of an app is counted, and may be its death."""
    if caller.app is None:
        return await _handled(hub, route, request, caller)
    line, mutating = f"{request.method} {request.path}", request.method not in READING
    entry = hub.journal.note(line, mutating=mutating, app=caller.app.slug)
    moment = hub.tripwire.moment
    dies = hub.tripwire.counts(line, mutating=mutating)
    if dies and moment == "before":
        hub.tripwire.fire(line)
        raise Problem(502, "Server Error")
    try:
        reply = await _handled(hub, route, request, caller)
    except Problem as problem:
        reply = _refusal(route, problem)
    entry["status"] = reply.status
    if dies:
        hub.tripwire.fire(line)
    if hub.switches.strikes("bad_gateway", line):
        raise Problem(502, "Server Error")
    return reply


async def _handled(hub: Hub, route: Route, request: web.Request, caller: Caller) -> Reply:
    _admit(hub, route, request, caller)
    call = Call(
        hub=hub,
        caller=caller,
        route=route,
        path=request.rel_url.raw_path,
        params=request.match_info,
        query=request.query,
        body=await _body(request),
        accept=request.headers.get("Accept", "*/*"),
    )
    _authorize(call)
    return await route.handler(call)


def _admit(hub: Hub, route: Route, request: web.Request, caller: Caller) -> None:
    """Refuse strangers, the impolite, and whoever asks too often.

    https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api#user-agent
    """
    if "User-Agent" not in request.headers:
        raise Problem(
            403,
            "Request forbidden by administrative rules. Please make sure your request has a"
            " User-Agent header.",
        )
    if caller.kind not in route.by:
        raise _wrong_kind(route, caller)
    line = f"{request.method} {request.path}"
    if caller.app and hub.switches.strikes("secondary_limit", line):
        raise Problem(403, _SECONDARY, headers={"Retry-After": str(hub.switches.retry_after)})
    window = hub.limits.window(caller.bucket, hub.now())
    if window.used >= caller.allowance(hub) and route.path != "/rate_limit":
        raise Problem(403, f"API rate limit exceeded for {caller.bucket}.")


def _wrong_kind(route: Route, caller: Caller) -> Problem:
    if caller.kind == "nobody":
        return Problem(401, "Requires authentication")
    if "app" in route.by:
        return Problem(401, "A JSON web token could not be decoded")
    if caller.kind == "person":
        return Problem(403, "You must authenticate via a GitHub App.")
    return Problem(403, "Resource not accessible by integration")


async def _body(request: web.Request) -> dict[str, Any]:
    raw = await request.read()
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise Problem(400, "Problems parsing JSON") from error
    if isinstance(body, list):
        return {"labels": body}  # the one place where GitHub takes a bare list
    if not isinstance(body, dict):
        raise Problem(400, "Body should be a JSON object")
    return body


def _authorize(call: Call) -> None:
    """Hold the caller against the row of the table.

    Raises:
        Problem: 404 for what the caller may not know of, 403 for what it may not do.
    """
    route, caller = call.route, call.caller
    if "{org}" in route.path:
        _check_organization(call)
    if "{repo}" not in route.path:
        return
    repository = call.repository
    if caller.grant is not None:
        _hide_fresh(call, repository)
        if not satisfies(caller.grant.permissions, route.needs):
            raise Problem(403, "Resource not accessible by integration")
    elif caller.kind == "person" and not reaches(
        call.hub.role(repository, call.actor), route.person
    ):
        raise Problem(403, "Must have admin rights to Repository.")


def _check_organization(call: Call) -> None:
    """Let in who belongs to the organization, and the token of an installation on all of it.

    A token that is narrowed to repositories is answered 404 for everybody, member or not.

    Raises:
        Problem: 404 or 403.
    """
    grant = call.caller.grant
    if grant is not None and not satisfies(grant.permissions, call.route.needs):
        raise Problem(403, "Resource not accessible by integration")
    account = call.hub.account(call.params["org"])
    organization = call.hub.organization(account)
    if organization is None or (
        grant is not None and (grant.narrowed or grant.installation.account is not account)
    ):
        raise not_found()
    if grant is None and call.actor.id not in organization.members:
        raise Problem(403, f"You must be a member of {account.login}.")


def _hide_fresh(call: Call, repository: Repository) -> None:
    """Answer 404 about what an event has just told of, when that switch is on."""
    if call.route.method != "GET" or not call.hub.switches.missing_after_event:
        return
    seen_since = call.hub.now() - call.hub.switches.missing_after_event
    for name in _SUBJECTS & call.params.keys():
        value = call.params[name]
        subject = int(value) if value.isdecimal() else value
        if call.hub.fresh.get((repository.id, subject), 0) > seen_since:
            raise not_found()


async def _response(
    hub: Hub, route: Route, request: web.Request, caller: Caller, reply: Reply
) -> web.Response:
    content = _content(reply)
    tag = _etag(caller, content)
    status, conditional = reply.status, {}
    if route.method == "GET" and reply.status == 200:  # noqa: PLR2004 - OK
        conditional = {"ETag": tag, "Cache-Control": "private, max-age=60, s-maxage=60"}
        if request.headers.get("If-None-Match") == tag:
            status, content = 304, b""
    window = hub.limits.window(caller.bucket, hub.now())
    # "Making a conditional request does not count against your primary rate limit if a 304
    # response is returned"
    if status != 304 and route.path != "/rate_limit":  # noqa: PLR2004 - not modified
        window.used += 1
    needs = {"X-Accepted-GitHub-Permissions": route.needs} if caller.grant else {}
    headers = {
        **ratelimits.headers(window, caller.allowance(hub)),
        **conditional,
        **needs,
        **reply.headers,
        "Date": formatdate(hub.now(), usegmt=True),
        "Server": "github.com",
        "Vary": "Accept, Authorization, Cookie, X-GitHub-OTP",
        "X-GitHub-Api-Version-Selected": request.headers.get("X-GitHub-Api-Version", "2022-11-28"),
        "X-GitHub-Media-Type": "github.v3; format=json",
        "X-GitHub-Request-Id": secrets.token_hex(16).upper(),
    }
    if content:
        headers["Content-Type"] = reply.media
    return web.Response(status=status, body=content or None, headers=headers)


def _content(reply: Reply) -> bytes:
    if reply.body is None:
        return b""
    if reply.media != JSON:
        return reply.body if isinstance(reply.body, bytes) else str(reply.body).encode()
    return json.dumps(reply.body).encode()


def _etag(caller: Caller, content: bytes) -> str:
    """Return a tag that differs from token to token, as GitHub's does."""
    digest = hashlib.sha256(caller.token.encode() + b"\0" + content)
    return f'W/"{digest.hexdigest()}"'


async def _record(
    hub: Hub, route: Route, request: web.Request, caller: Caller, response: web.Response
) -> None:
    if hub.journal.file is None:
        return
    hub.journal.record(
        "api",
        {
            "method": request.method,
            "route": route.path,
            "path": request.rel_url.raw_path,
            "query": dict(request.query),
            "request_headers": sorted(request.headers.keys()),
            "accept": request.headers.get("Accept"),
            "content_type": request.headers.get("Content-Type"),
            "request_body": _readable(await request.read()),
            "status": response.status,
            "response_headers": dict(response.headers),
            "response_body": _readable(response.body),
            "caller": caller.kind,
            "app": caller.app and caller.app.id,
        },
    )


def _readable(body: Any) -> Any:
    """Return JSON as JSON, other text as text, nothing as None."""
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return bytes(body).decode(errors="replace")
