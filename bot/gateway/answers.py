"""Answers: what was decided, or one sentence that says why not, and a line in the log.

A git client shows people only what is plain text; everybody else here reads JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from bot.model.errors import Fenced, Refused, Unavailable

log = structlog.get_logger()

GIT = "/git/"

STATUSES: Mapping[str, HTTPStatus] = {
    "unknown_token": HTTPStatus.UNAUTHORIZED,
    "blob": HTTPStatus.NOT_FOUND,
    "no_validation": HTTPStatus.NOT_FOUND,
    "body": HTTPStatus.BAD_REQUEST,
    "size": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "repository": HTTPStatus.NOT_FOUND,
}
"""The status for each reason that a request may be refused for; others are 403."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A request that was not carried out.

    Attributes:
        reason: a short stable word.
        words: one sentence.
        retry_after: seconds after which it may be; None for never.
    """

    status: int
    reason: str
    words: str
    retry_after: float | None = None

    def response(self, *, plain: bool) -> web.Response:
        """Make the answer, in plain text or as JSON."""
        headers = {} if self.retry_after is None else {"Retry-After": f"{ceil(self.retry_after)}"}
        if plain:
            return web.Response(status=self.status, text=f"{self.words}\n", headers=headers)
        fields = {"reason": self.reason, "words": self.words}
        return web.json_response(fields, status=self.status, headers=headers)


def refusal(problem: Refused | Fenced | Unavailable | web.HTTPException) -> Refusal:
    """Say what a caller hears of a problem; what failed inside is for the log alone."""
    match problem:
        case Refused(reason=reason, words=words):
            status = STATUSES.get(reason, HTTPStatus.FORBIDDEN)
            return Refusal(status=status, reason=reason, words=words)
        case Fenced():
            return Refusal(status=HTTPStatus.CONFLICT, reason="fenced", words=f"Stop: {problem}.")
        case Unavailable(what=what, retry_after=wait):
            return Refusal(
                status=HTTPStatus.SERVICE_UNAVAILABLE,
                reason=what,
                words="Not now; try again later.",
                retry_after=wait,
            )
        case web.HTTPException(status=status, reason=what):
            return Refusal(status=status, reason="address", words=f"{what}.")


@web.middleware
async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every problem that is on the tree of errors, and write one line for each call."""
    reason: dict[str, str] = {}
    try:
        response = await handler(request)
    except (Refused, Fenced, Unavailable, web.HTTPException) as problem:
        refused = refusal(problem)
        reason = {"reason": refused.reason, "problem": str(problem)}
        response = refused.response(plain=request.path.startswith(GIT))
    write = log.debug if request.path == "/heartbeat" and not reason else log.info
    write("gateway.answered", call=_call(request), status=response.status, **reason)
    return response


def _call(request: web.Request) -> str:
    """Name the call by its route, since a path may hold anything."""
    resource = request.match_info.route.resource
    return f"{request.method} {resource.canonical if resource else '(no such address)'}"
