"""Real servers beside a validation, from images made of this host's own packages."""

import shutil
from pathlib import Path

import pytest

from bot.model.limits import Limits
from bot.model.validations import Service
from tests.runners.agent_image import put_libraries
from tests.validating.rooted import NAME, make_root, put_at

pytestmark = pytest.mark.full

POSTGRES = """
initdb --username=me --auth=trust --no-sync $PGDATA > /tmp/log &&
exec postgres -c listen_addresses=127.0.0.1 -c unix_socket_directories=/run/db
"""
ASK_REDIS = r"""python3 -c '
import socket
near = socket.create_connection(("127.0.0.1", 6379), 5)
near.sendall(b"SET a 5\r\nINCR a\r\nSAVE\r\n")
said = b""
while said.count(b"\n") < 3: said += near.recv(99)
print(said.split())
'"""
ASK_POSTGRES = r"""python3 -c '
import socket, struct
near = socket.create_connection(("127.0.0.1", 5432), 20)
start = struct.pack("!I", 196608) + b"user\0me\0database\0postgres\0\0"
near.sendall(struct.pack("!I", len(start) + 4) + start)
query = b"SELECT 6 * 7 AS answer\0"
near.sendall(b"Q" + struct.pack("!I", len(query) + 4) + query)
said = b""
while b"SELECT 1" not in said: said += near.recv(9999)
print(b"\x0242" in said.replace(b"\0\0\0", b""))
'"""


def there(name):
    """Return where a program is, or skip the test."""
    found = shutil.which(name) or next(
        iter(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), None
    )
    if found is None:
        pytest.skip(f"{name} is not installed")
    return Path(found)


async def asked(validation, launched, root, command, service):
    limits = Limits(seconds=120)
    gateway = validation(command, kind="services", services=(service,), limits=limits)
    async with gateway:
        await launched(gateway, roots={NAME: root})
        return await gateway.verdict(120)


async def test_redis_keeps_what_it_is_given(validation, launched, tmp_path):
    server = there("redis-server")
    says = {"Cmd": [str(server)], "WorkingDir": "/data", "Volumes": {"/data": {}}}
    root = make_root(tmp_path / "root", says=says)
    put_at(root, server)
    service = Service(name="cache", image=NAME, port=6379)
    told = await asked(validation, launched, root, ASK_REDIS, service)
    assert told["log"] == "[b'+OK', b':6', b'+OK']\n"


async def test_postgres_answers_a_query(validation, launched, tmp_path):
    programs = there("postgres").resolve().parent
    data = "/var/lib/postgresql/data"
    says = {"Env": [f"PATH={programs}:/usr/bin", f"PGDATA={data}"], "Volumes": {data: {}}}
    root = make_root(tmp_path / "root", says=says)
    for name in ("initdb", "postgres"):
        put_at(root, programs / name)
    for folder in (Path("/usr/share/postgresql"), programs.parent / "lib"):
        shutil.copytree(folder, root / folder.relative_to("/"), symlinks=True)
    for library in (programs.parent / "lib").glob("*.so"):
        put_libraries(root, library)
    (root / "run/db").mkdir()
    service = Service(name="db", image=NAME, port=5432, run=POSTGRES)
    told = await asked(validation, launched, root, ASK_POSTGRES, service)
    assert told["log"] == "True\n"
