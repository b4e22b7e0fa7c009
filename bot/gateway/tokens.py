"""The token of a request: there must be one, and from here on it prints as stars."""

import re

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import SecretStr

from bot.model.errors import Refused

# https://www.rfc-editor.org/rfc/rfc6750#section-2.1
_BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/-]{1,256}=*)", re.ASCII | re.IGNORECASE)


def bearer(request: web.Request) -> SecretStr:
    """Return the token that a request shows; whose it is, the broker knows.

    Raises:
        Refused: `unknown_token`, there is none.
    """
    given = _BEARER.fullmatch(request.headers.get("Authorization", ""))
    if given is None:
        raise Refused("unknown_token", "Send Authorization: Bearer and a token.")
    return SecretStr(given[1])


@web.middleware
async def bearing(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let nobody near a handler, nor learn what there is, who brings no token."""
    bearer(request)
    return await handler(request)
