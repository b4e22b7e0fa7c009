"""The two ends of a file that GitHub keeps on another host, such as the log of a job.

A log may be a gigabyte.  Where the host gives parts, the first and the last are asked for;
where it gives all or nothing, it is read past, and no more than its ends are ever kept.

https://www.rfc-editor.org/rfc/rfc9110#name-range-requests
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp
from yarl import URL

from bot.github.errors import GONE, RETRY_AFTER
from bot.model.errors import Refused, Unavailable
from bot.rules.logs import WINDOW, Log

MOST_READ = 256 * 1024**2
"""Bytes that are read past on a host that gives no parts; what came last is then the end."""

CHUNK = 64 * 1024
TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=5, sock_read=20)
"""Seconds."""

TOTAL = re.compile(r"bytes \d+-\d+/(\d+)")


async def fetched(http: aiohttp.ClientSession, address: str) -> Log:
    """Return the first and the last `WINDOW` bytes.

    The address is a secret, and aiohttp's errors hold it: none is chained.

    Raises:
        Refused: `gone` when the file is no longer there.
        Unavailable: the host failed, or the connection did.
    """
    try:
        async with _asked(http, address, 0) as response:
            if (size := _size(response)) is None:
                return await _past(response)
            head = await _first(response)
        if size <= len(head):
            return _log(head, b"", size)
        async with _asked(http, address, max(size - WINDOW, len(head))) as response:
            return _log(head, await _first(response), size)
    except (aiohttp.ClientError, TimeoutError) as error:
        words = f"the connection failed ({type(error).__name__})"
        raise Unavailable("github", words, retry_after=RETRY_AFTER) from None


@asynccontextmanager
async def _asked(
    http: aiohttp.ClientSession, address: str, start: int
) -> AsyncIterator[aiohttp.ClientResponse]:
    """Ask for `WINDOW` bytes from `start` on; raises Refused and Unavailable."""
    part = {"Range": f"bytes={start}-{start + WINDOW - 1}", "Accept-Encoding": "identity"}
    url = URL(address, encoded=True)
    async with http.get(url, headers=part, timeout=TIMEOUT, allow_redirects=False) as response:
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            words = f"answered {response.status} for a log"
            raise Unavailable("github", words, retry_after=RETRY_AFTER)
        if response.status not in _GOOD:
            raise Refused(GONE, "The log is no longer there")
        yield response


# An empty file has no part that could be asked for.
_GOOD = {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE}


def _size(response: aiohttp.ClientResponse) -> int | None:
    """Return the size of all, or None when the host gives all of it at once."""
    if response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return 0
    told = TOTAL.match(response.headers.get("Content-Range", ""))
    return int(told[1]) if told and response.status == HTTPStatus.PARTIAL_CONTENT else None


async def _first(response: aiohttp.ClientResponse) -> bytes:
    if response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return b""
    kept = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        kept += chunk
        if len(kept) >= WINDOW:
            break
    return bytes(kept[:WINDOW])


async def _past(response: aiohttp.ClientResponse) -> Log:
    """Read all, and keep no more than the two ends."""
    head, tail, size = bytearray(), bytearray(), 0
    async for chunk in response.content.iter_chunked(CHUNK):
        size += len(chunk)
        room = WINDOW - len(head)
        head += chunk[:room]
        tail += chunk[room:]
        if len(tail) > 4 * WINDOW:
            del tail[:-WINDOW]
        if size > MOST_READ:
            break
    return _log(bytes(head), bytes(tail[-WINDOW:]), size)


def _log(head: bytes, tail: bytes, size: int) -> Log:
    between = size - len(head) - len(tail)
    if between > 0:
        return Log(head=_text(head), tail=_text(tail), left_out=between)
    return Log(head=_text(head + tail))


def _text(part: bytes) -> str:
    """Decode what may begin or end within a character."""
    return part.decode(errors="replace")
