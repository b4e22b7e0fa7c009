"""The token of a request: there must be one, and from here on it prints as stars."""

import re

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import SecretStr

from bot.model.errors import Refused

TOKEN = web.RequestKey("token", SecretStr)
"""Where a handler finds the token that came with its request."""

# https://www.rfc-editor.org/rfc/rfc6750#section-2.1
_BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/-]{1,256}=*)", re.ASCII | re.IGNORECASE)


@web.middleware
async def bearing(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let nobody in who brings no token; whose it is, the broker knows.

    Raises:
        Refused: `unknown_token`.
    """
    given = _BEARER.fullmatch(request.headers.get("Authorization", ""))
    if given is None:
        raise Refused("unknown_token", "Send Authorization: Bearer and a token.")
    request[TOKEN] = SecretStr(given[1])
    return await handler(request)
