"""The agent's way to allowed hosts: a second socket in its door, led to the gateway's second.

Of what the agent sends first only a host and a port go on; the run token is added here.  All
that follows is the affair of the agent and the host.
"""

import asyncio
from http import HTTPStatus

from bot.model.errors import Refused
from bot.rules.egress import WORDS, Destination, answer, asked, refused
from bot.wires import CHUNK, Wire, carry

MOST_HEAD = 16 * 1024
"""Bytes of a request, with all that a program sends along."""

ARRIVES_WITHIN = 10.0
"""Seconds for a request to come."""

AT_ONCE = 128
"""Connections side by side; what is asked beyond is refused."""


class Tunnels:
    """The connections of one agent.

    Args:
        gateway: path of the gateway's socket for them.
        token: the run token, which stays in this process.
    """

    def __init__(self, gateway: str, token: str) -> None:
        self._gateway = gateway
        self._authorization = f"Proxy-Authorization: Bearer {token}"
        self._open = 0

    async def answer(self, near: Wire) -> None:
        """Answer one request: lead it on, or say why not."""
        self._open += 1
        try:
            if self._open > AT_ONCE:
                await near.send(answer(HTTPStatus.BAD_REQUEST, WORDS["many"]))
            else:
                await self._lead(near, await _head(near.reader))
        except Refused as why:
            await near.say_last(answer(HTTPStatus.BAD_REQUEST, why.words))
        except (OSError, EOFError):
            pass  # the agent has left, or was too slow
        finally:
            self._open -= 1

    async def _lead(self, near: Wire, to: Destination) -> None:
        try:
            far = Wire(*await asyncio.open_unix_connection(self._gateway, limit=CHUNK))
        except OSError:
            words = "Greenroom's gateway is away; try again later."
            await near.say_last(answer(HTTPStatus.SERVICE_UNAVAILABLE, words))
            return
        try:
            request = f"CONNECT {to.authority} HTTP/1.1\r\n{self._authorization}\r\n\r\n"
            await far.send(request.encode("ascii"))
            await carry(near, far)
        finally:
            far.close()


async def _head(reader: asyncio.StreamReader) -> Destination:
    """Read a request to its end; all but its first line is left out.

    Raises:
        Refused: `line`, `plain`: it is no request for a connection.
        OSError, EOFError: it did not come.
    """
    try:
        async with asyncio.timeout(ARRIVES_WITHIN):
            head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise refused("line") from None
    return asked(head.partition(b"\r\n")[0])
