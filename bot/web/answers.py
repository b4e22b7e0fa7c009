"""Answers in JSON: what was done, or one sentence that says why not."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from math import ceil

from aiohttp import web

from bot.model.errors import Refused, Unavailable

STATUSES: Mapping[str, HTTPStatus] = {
    "path": HTTPStatus.NOT_FOUND,
    "method": HTTPStatus.METHOD_NOT_ALLOWED,
    "content_type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "headers": HTTPStatus.BAD_REQUEST,
    "signature": HTTPStatus.UNAUTHORIZED,
    "size": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "slow": HTTPStatus.REQUEST_TIMEOUT,
    "unstorable": HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""The status for each reason that a request may be refused for."""

PRESSED: Mapping[str, str] = {"memory": "Too many large bodies arrive at once"}
"""What a sender may know of why it is not now."""


def answer(status: HTTPStatus, /, **fields: str) -> web.Response:
    """Answer with a small JSON object."""
    body = json.dumps(fields).encode()
    return web.Response(status=status, body=body, content_type="application/json")


def refuse(problem: Refused) -> web.Response:
    """Answer that the request will never be done, and why."""
    return answer(STATUSES[problem.reason], reason=problem.reason, error=problem.words)


def unavailable(problem: Unavailable) -> web.Response:
    """Answer 503 and when to come again; what failed inside is for the log alone."""
    why = PRESSED.get(problem.what, "Not now")
    reply = answer(
        HTTPStatus.SERVICE_UNAVAILABLE,
        reason=problem.what,
        error=f"{why}; nothing was taken in. Deliver it again later.",
    )
    reply.headers["Retry-After"] = str(ceil(problem.retry_after))
    return reply
