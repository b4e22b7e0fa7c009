"""Servers beside a validation: there before its command, on one loopback, gone with it."""

import os
import signal

import pytest

from bot.harness import serving
from bot.model.limits import Limits
from bot.model.validations import Service
from bot.sandbox.folder import JobFolder
from tests.runners.conftest import gone, until
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
hear() { python3 -c 'import socket, sys
near = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
print(near.makefile().read(), flush=True)' $1; }
"""
SAYS = {
    "Entrypoint": ["python3", "-I", "-S", "-c"],
    "Cmd": [SERVER.format(port=7001)],
    "Env": ["WORD=from the image", "PATH=/usr/bin"],
    "WorkingDir": "/data",
    "Volumes": {"/data": {}, "/var/lib/db": {}, "/run/db": {}, "/etc": {}, "/": {}},
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    made = make_root(
        tmp_path_factory.mktemp("images") / "root", "head", "rm", "timeout", says=SAYS
    )
    (made / "run/db").mkdir()
    return add_python(made)


def service(name, port, run=None, word=None, image=NAME):
    run = run or f"exec python3 -I -S -c '{SERVER.format(port=port)}'"
    environment = (("WORD", word or f"from {name}"),)
    return Service(name=name, image=image, port=port, run=run, environment=environment)


@pytest.fixture
def served(validation, launched, root):
    """Run a command with servers beside it to its end."""

    async def run(command, *services, **more):
        gateway = validation(command, kind="services", services=services, **more)
        async with gateway:
            await launched(gateway, roots={NAME: root})
            return await gateway.verdict()

    return run


async def test_a_command_reaches_its_servers_on_loopback(served):
    told = await served(f"{HEAR} hear 7001; hear 7002", service("db", 7001), service("mq", 7002))
    assert (told["log"], told["exit"]) == ("from db\nfrom mq\n", 0)


async def test_without_a_command_of_its_own_a_server_is_what_the_image_starts(served):
    told = await served(f"{HEAR} hear 7001", Service(name="db", image=NAME, port=7001))
    assert told["log"] == "from the image\n"


LOOK = r"""
{ pwd; echo $HOME $USER; id -un; ls -A /workspace /mirror.git /run/greenroom /toolbox 2>&1
touch /data/x /var/lib/db/x /run/db/x ~/x /tmp/x /dev/shm/x && echo written
touch /etc/x /usr/x /var/lib/x /x
ls /proc/*/cmdline; } > ~/seen 2>&1
"""
SAY = """exec python3 -I -S -c '
import os, socket
server = socket.create_server(("127.0.0.1", 80))
while True:
    near, _ = server.accept()
    near.sendall(open("/home/agent/seen", "rb").read())
    near.close()
'"""


async def test_a_server_has_its_image_and_its_own_folders_and_nothing_of_the_job(served):
    told = await served(f"{HEAR} hear 80", service("db", 80, run=LOOK + SAY))
    log = told["log"]
    assert log.startswith("/data\n/home/agent agent\nagent\n")
    for name in ("/workspace", "/mirror.git", "/run/greenroom", "/toolbox"):
        assert f"cannot access '{name}'" in log
    assert "\nwritten\n" in log
    assert log.count("Read-only file system") == 4
    assert log.count("/cmdline") == 3, "bubblewrap's own, its shell, and what that runs"


async def test_a_command_in_an_image_has_servers_too(served):
    run = f"grep NAME /etc/os-release; {HEAR} hear 7001"
    told = await served(run, service("db", 7001), image=NAME)
    assert told["log"] == "NAME=made-for-a-test\nfrom db\n"


@pytest.mark.parametrize(
    ("ends", "how"),
    [
        ("exit 3", "with exit status 3"),
        ("exit 255", "with exit status 255"),
        ("kill -9 $$", "by signal 9"),
        ("exec nothing-there", "with exit status 127"),
    ],
)
async def test_a_server_that_ends_at_once_makes_it_broken_with_its_last_lines(served, ends, how):
    told = await served("echo never", service("db", 7001, run=f"echo no data; {ends}"))
    assert (told["cause"], told["exit"]) == ("crashed", None)
    assert told["log"].startswith("no data\n")
    assert told["words"] == f"The service `db` ended before it took connections, {how}."


@pytest.mark.full
async def test_a_server_that_does_not_come_up_makes_it_broken(served):
    silent = service("db", 7001, run="echo thinking; exec sleep 60")
    told = await served("echo never", silent, seconds=2)
    assert told["words"] == "The service `db` took no connections at port 7001 within 2 s."
    assert told["log"] == "thinking\n"


@pytest.mark.full
async def test_a_server_that_ends_meanwhile_is_told_of(served):
    run = "exec timeout 1 python3 -I -S -c '" + SERVER.format(port=7001) + "'"
    told = await served("sleep 2; exit 1", service("db", 7001, run=run))
    assert told["exit"] == 1
    assert "[the service db has ended, with exit status 124]\nlistening\n" in told["log"]


async def test_a_server_that_prints_for_ever_waits_for_nobody(served):
    flood = f"(cat /dev/zero | head -c 20000000; echo) & {service('db', 7001).run}"
    told = await served(f"{HEAR} hear 7001", service("db", 7001, run=flood))
    assert told["log"] == "from db\n"


@pytest.mark.parametrize("way", [":", pytest.param("rm /data/x", marks=pytest.mark.full)])
@pytest.mark.full
async def test_what_servers_write_counts_as_disk_of_the_job(served, way):
    fill = f"exec 9> /data/x; head -c 40000000 /dev/zero >&9; {way}"
    run = f"{fill}; {service('db', 7001).run}"
    limits = Limits(seconds=60, disk=8 * 1024**2)
    told = await served("sleep 60", service("db", 7001, run=run), limits=limits)
    assert "GiB of disk" in told["words"]


async def test_servers_are_gone_with_the_job_however_it_ends(
    runner, stage, validation, launched, root
):
    services = (service("db", 7001),)
    gateway = validation("echo up; sleep 60", kind="services", services=services)
    async with gateway:
        await launched(gateway, roots={NAME: root})
        await gateway.heard.wait()
        folder = JobFolder(stage.home / "jobs" / gateway.plan.job)
        os.kill(folder.read_pid()[0], signal.SIGKILL)
        await gone(runner, gateway.plan.job)


async def test_it_is_stopped_while_servers_come_up(runner, validation, launched, root):
    silent = (service("db", 7001, run="exec sleep 60"),)
    gateway = validation("echo never", kind="services", services=silent)
    async with gateway:
        await launched(gateway, roots={NAME: root})
        await until(gateway.has_claimed, bool)
        await runner.stop(gateway.plan.job, kill=False)
        assert (await gateway.verdict())["words"] == serving.STOPPED


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ({}, "does not say what it starts: give the service a `run`."),
        ({"Cmd": 7}, "has a config that cannot be read."),
    ],
)
async def test_an_image_that_is_no_server_is_said(validation, launched, tmp_path, says, words):
    root = make_root(tmp_path / "root", says=says)
    services = (Service(name="db", image=NAME, port=7001),)
    async with validation("true", kind="services", services=services) as gateway:
        await launched(gateway, roots={NAME: root})
        assert (await gateway.verdict())["words"] == f"The image `{NAME}` {words}"
