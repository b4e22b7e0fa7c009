import asyncio
import socket

import pytest

from bot.gateway.resolving import Internet
from bot.wires import Wire


async def test_a_name_is_looked_up_as_it_is():
    looked = Internet()
    assert list(await looked.addresses("nowhere.invalid")) == []


async def test_an_address_of_this_very_host_is_not_connected_to():
    here = pytest.raises(ConnectionRefusedError, match="that is here")
    with socket.create_server(("127.0.0.1", 0)) as server, here:
        await Internet().connect("127.0.0.1", server.getsockname()[1])


async def test_anybody_else_is():
    def accepted(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(accepted, "127.0.0.2", 0) as server:
        port = server.sockets[0].getsockname()[1]
        wire = await Internet().connect("127.0.0.2", port)
        assert isinstance(wire, Wire)
        assert await wire.reader.read() == b""
        wire.close()
