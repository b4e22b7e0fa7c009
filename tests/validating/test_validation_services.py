"""Servers beside a validation: there before its command, on one loopback, gone with it."""

import pytest

from bot.model.validations import Service
from tests.validating.rooted import NAME, add_python, make_root

SERVER = """
import os, socket
server = socket.create_server(("127.0.0.1", {port}))
print("listening", flush=True)
while True:
    near, _ = server.accept()
    near.sendall(os.environ["WORD"].encode())
    near.close()
"""
HEAR = """
hear() {{ python3 -c 'import socket, sys
near = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
print(near.recv(99).decode())' $1; }}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    says = {"Entrypoint": ["python3"], "Cmd": ["-I", "-S", "-c", SERVER.format(port=7001)]}
    made = make_root(tmp_path_factory.mktemp("images") / "root", says=says)
    return add_python(made)


def service(name, port, **more):
    given = {"run": f"exec python3 -I -S -c '{SERVER.format(port=port)}'", "image": NAME}
    return Service(name=name, port=port, environment=(("WORD", f"from {name}"),), **given | more)


async def ended(gateway, launched, **more):
    async with gateway:
        await launched(gateway, **more)
        return await gateway.verdict()


async def test_a_command_reaches_its_servers_on_loopback(validation, launched, root):
    services = (service("db", 7001, run=None), service("cache", 7002))
    gateway = validation(f"{HEAR.format()} hear 7001; hear 7002", kind="services", services=services)
    told = await ended(gateway, launched, roots={NAME: root})
    print(told)
    assert told["log"] == "from db\nfrom cache\n"
