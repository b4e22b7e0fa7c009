"""From the name of a host to a connection with it, on an address that was looked at.

A name is looked up once, and what is connected to is one of the very addresses that were
found public: between the two nobody can change where it leads.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Protocol

from bot.rules.egress import Destination, is_public, refused
from bot.wires import CHUNK, Wire

MOST_ADDRESSES = 6
"""Addresses of one host that are tried."""

WITHIN = 15.0
"""Seconds for a name to be found and one of its addresses to answer."""

EACH_WITHIN = 5.0
"""Seconds for one address to answer."""

_AT_ONCE = 8


class Outside(Protocol):
    """The internet, as far as a tunnel needs it."""

    async def addresses(self, host: str) -> Sequence[str]:
        """Return the addresses of a host, the best first; none where there is no such name."""
        ...

    async def connect(self, address: str, port: int) -> Wire:
        """Connect to an address.

        Raises:
            OSError: nobody answers there.
        """
        ...


class Internet:
    """The internet itself, by this host's resolver, in threads that nothing else waits for."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="resolving")

    async def addresses(self, host: str) -> Sequence[str]:
        """Look up the name as it is: the dot keeps the host's own domains from being added."""
        loop = asyncio.get_running_loop()
        kind = (socket.AF_UNSPEC, socket.SOCK_STREAM)
        try:
            found = await loop.run_in_executor(
                self._threads, socket.getaddrinfo, f"{host}.", None, *kind
            )
        except OSError:
            return ()
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    async def connect(self, address: str, port: int) -> Wire:
        """Connect to it; an address is not looked up again."""
        wire = Wire(*await asyncio.open_connection(address, port, limit=CHUNK))
        near, far = (wire.writer.get_extra_info(name)[0] for name in ("sockname", "peername"))
        if near == far:  # a public address of this very host
            wire.close()
            raise ConnectionRefusedError("that is here")
        return wire


@asynccontextmanager
async def reach(outside: Outside, to: Destination) -> AsyncIterator[Wire]:
    """Connect to a host while the block runs.

    Raises:
        Refused: `lookup`, `private`, `silent`.
    """
    try:
        async with asyncio.timeout(WITHIN):
            wire = await _connected(outside, to)
    except TimeoutError:
        raise refused("silent", to) from None
    try:
        yield wire
    finally:
        wire.close()


async def _connected(outside: Outside, to: Destination) -> Wire:
    found = await outside.addresses(to.host)
    if not found:
        raise refused("lookup", to)
    if not all(map(is_public, found)):
        raise refused("private", to)
    for address in found[:MOST_ADDRESSES]:
        try:
            async with asyncio.timeout(EACH_WITHIN):
                return await outside.connect(address, to.port)
        except OSError:
            continue
    raise refused("silent", to)
