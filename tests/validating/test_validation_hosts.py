"""A validation whose definition names hosts has a way to them, and to nothing else."""

import asyncio
from contextlib import asynccontextmanager

from bot.model.validations import Service
from tests.validating.rooted import NAME, add_python, make_root
from tests.validating.validation_gateway import TOKEN

DOOR = r"""echo "door $(ls /run/greenroom | tr '\n' ' ')" """
RUN = r"""
echo "told $HTTPS_PROXY $GREENROOM_EGRESS"
python3 - <<'END'
import socket
near = socket.create_connection(("127.0.0.1", 8018), 20)
near.sendall(b"CONNECT packages.example:443 HTTP/1.1\r\nX-Mine: of-mine\r\n\r\n")
print("answer", near.recv(100).decode().split("\r\n")[0])
END
"""


@asynccontextmanager
async def leads(folder):
    """Refuse in the place of a gateway to lead anywhere; gives the heads of what was asked."""
    heads = []

    async def answer(reader, writer):
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 403 Not that one\r\n\r\n")
        writer.close()

    async with await asyncio.start_unix_server(answer, folder / "egress.sock"):
        (folder / "egress.sock").chmod(0o666)
        yield heads


async def test_it_is_led_there_by_its_own_token_and_has_no_other_door(validation, launched):
    async with (
        validation(DOOR + RUN, egress=("packages.example",)) as gateway,
        leads(gateway.folder) as heads,
    ):
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


TAKES = """python3 -I -S -c '
import socket, time
try: socket.create_server(("127.0.0.1", 8018))
except OSError as problem: print(problem.strerror, flush=True)
near = socket.create_server(("127.0.0.1", 7001))
time.sleep(60)
'"""


async def test_in_an_image_with_servers_the_way_is_the_harness_and_nobody_is_there_before(
    validation, launched, tmp_path
):
    root = add_python(make_root(tmp_path / "root"))
    services = (Service(name="db", image=NAME, port=7001, run=TAKES),)
    given = {"egress": ("packages.example",), "image": NAME, "services": services}
    async with (
        validation(RUN, kind="services", **given) as gateway,
        leads(gateway.folder) as heads,
    ):
        await launched(gateway, roots={NAME: root})
        ended = await gateway.verdict()
    log = ended["log"].splitlines()
    assert "told http://127.0.0.1:8018 packages.example" in log
    assert "answer HTTP/1.1 403 Not that one" in log
    assert TOKEN.encode() in heads[0]
