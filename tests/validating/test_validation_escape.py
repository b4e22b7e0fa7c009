"""The program that tries to get out, in the boxes that have an image for their root."""

import shutil

import pytest

from bot.model.validations import Service
from tests.runners.conftest import until
from tests.runners.outside import ESCAPE, WAY, outside, shut, tell_job
from tests.validating.rooted import NAME, add_python, make_root

OWN = ("folder /root", "folder /var")
"""What an image has itself, whatever the host has there."""

TRY = WAY.format(python="cd /usr/bin; python3 -I -S")
SHOW = """exec python3 -I -S -c '
import socket
server = socket.create_server(("127.0.0.1", 7001))
while True:
    near, _ = server.accept()
    near.sendall(open("/home/agent/found", "rb").read())
    near.close()
'"""
READ = """python3 -c '
import socket
print(socket.create_connection(("127.0.0.1", 7001)).makefile().read())
'"""


@pytest.fixture
def root(tmp_path):
    made = add_python(make_root(tmp_path / "root", "su", "unshare", "bwrap"))
    shutil.copy2(ESCAPE, made / "usr/bin/escape.py")
    return made


@pytest.fixture
def log(stage, launched, root):
    """Run a validation whose program is told of the host, in the home given."""

    async def run(gateway, home):
        job = stage.home / "jobs" / gateway.plan.job

        async def came_up():
            return (job / "pid").exists() and (job / home).exists()

        with outside(stage.home) as there:
            async with gateway:
                await launched(gateway, roots={NAME: root})
                await until(came_up, bool)
                tell_job(job, there, home)
                return (await gateway.verdict())["log"].strip()

    return run


async def test_no_way_out_of_an_image_is_open(validation, log):
    shut(await log(validation(TRY, image=NAME), "home"), OWN)


async def test_no_way_out_of_the_box_of_a_server_is_open(validation, log):
    run = f"{TRY} > ~/found; {SHOW}"
    server = Service(name="db", image=NAME, port=7001, run=run)
    gateway = validation(READ, kind="services", services=(server,))
    shut(await log(gateway, "services/db/home"), OWN)


async def test_no_way_out_is_open_to_a_command_with_servers(validation, log, made):
    server = Service(name="db", image=NAME, port=7001, run=f"touch ~/found; {SHOW}")
    work = made({"escape.py": ESCAPE.read_text()})
    run = WAY.format(python="python3")
    gateway = validation(run, work, kind="services", services=(server,))
    shut(await log(gateway, "home"))
