"""A validation whose definition names hosts has a way to them, and to nothing else."""

import asyncio

from tests.validating.validation_gateway import TOKEN

RUN = r"""
echo "door $(ls /run/greenroom | tr '\n' ' ')"
echo "told $HTTPS_PROXY $GREENROOM_EGRESS"
python3 - <<'END'
import socket
near = socket.create_connection(("127.0.0.1", 8018), 20)
near.sendall(b"CONNECT packages.example:443 HTTP/1.1\r\nX-Mine: of-mine\r\n\r\n")
print("answer", near.recv(100).decode().split("\r\n")[0])
END
"""


async def test_it_is_led_there_by_its_own_token_and_has_no_other_door(validation, launched):
    heads = []

    async def answer(reader, writer):
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 403 Not that one\r\n\r\n")
        writer.close()

    async with validation(RUN, egress=("packages.example",)) as gateway:
        address = gateway.folder / "egress.sock"
        async with await asyncio.start_unix_server(answer, address):
            address.chmod(0o666)
            await launched(gateway)
            ended = await gateway.verdict()
    said = dict(line.split(" ", 1) for line in ended["log"].splitlines())
    assert said["door"] == "egress.sock "
    assert said["told"] == "http://127.0.0.1:8018 packages.example"
    assert said["answer"] == "HTTP/1.1 403 Not that one"
    (head,) = heads
    assert head.startswith(b"CONNECT packages.example:443 HTTP/1.1\r\n")
    assert TOKEN.encode() in head
    assert b"of-mine" not in head
