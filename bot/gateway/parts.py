"""Bodies of several parts, as multipart/form-data: each bounded, and known by its name."""

import asyncio
from collections.abc import Mapping

from aiohttp import BodyPartReader, ClientPayloadError, web
from aiohttp.http_exceptions import HttpProcessingError

from bot.model.errors import Refused

ARRIVES_WITHIN = 120.0
"""Seconds for a body to come, so that nobody keeps the others waiting for ever."""

_CHUNK = 1 << 16

# what aiohttp raises where a body is cut off, or is something else
_BROKEN = (
    *(ClientPayloadError, ConnectionError, HttpProcessingError),
    *(AssertionError, TypeError, ValueError),
)


async def arrived(request: web.Request, bounds: Mapping[str, int]) -> dict[str, bytes]:
    """Read the parts of a body by name.

    Args:
        request: whose body it is.
        bounds: the parts that there may be, with the bytes that each may have.

    Raises:
        Refused: `size`, one is too large; `body`, there is another, or it comes too slowly, or
            is something else.
    """
    try:
        async with asyncio.timeout(ARRIVES_WITHIN):
            return await _parts(request, bounds)
    except TimeoutError:
        raise Refused("body", "The body came too slowly.") from None
    except _BROKEN:
        raise Refused("body", "The body is no multipart/form-data.") from None


async def _parts(request: web.Request, bounds: Mapping[str, int]) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    async for part in await request.multipart():
        if (
            not isinstance(part, BodyPartReader)
            or part.name is None
            or part.name not in bounds.keys() - parts.keys()
        ):
            named = ", ".join(f"`{name}`" for name in bounds)
            raise Refused("body", f"The parts are {named}, each once.")
        parts[part.name] = await _bounded(part, bounds[part.name])
    return parts


async def _bounded(part: BodyPartReader, most: int) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(_CHUNK):
        data += chunk
        if len(data) > most:
            raise Refused("size", f"`{part.name}` has {most} bytes at most.")
    return bytes(data)
