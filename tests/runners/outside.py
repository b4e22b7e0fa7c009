"""What a program that tries to get out is told of, and what is to come of it."""

import json
import socket
from contextlib import contextmanager
from pathlib import Path

from bot.sandbox.sockets import short_path

ESCAPE = Path(__file__).with_name("escape.py")
WAY = "until [ -s ~/targets ]; do sleep 0.02; done; {python} escape.py ~/targets"
"""What an agent does that tries to get out, once it is told."""

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
REQUESTS = (
    ("POST", "/launch"),
    ("POST", "/finish"),
    ("POST", "/heartbeat"),
    ("POST", "/messages"),
    ("POST", "/checkpoint"),
    ("GET", "/blobs/0"),
    ("GET", "/git/quarantine.git/info/refs?service=git-receive-pack"),
    ("GET", "/git/mirror.git/info/refs?service=git-receive-pack"),
    ("POST", "/git/mirror.git/git-receive-pack"),
    ("POST", "/git/mirror.git/../../finish"),
    ("POST", "/outputs/../finish"),
    ("POST", "/outputs%2f..%2ffinish"),
    ("POST", "//finish"),
    ("POST", "http://greenroom/finish"),
    ("CONNECT", "greenroom:443"),
    ("POST", "/steps", "Transfer-Encoding: chunked"),
)

INSIDE = {
    "scratch": "/workspace",
    "door": "/run/greenroom/gateway.sock",
    "headers": [],
    "mirror": "/mirror.git/HEAD",
    "requests": REQUESTS,
    "closed": [
        "/", "/usr", "/etc", "/dev", "/proc", "/home", "/opt/greenroom", "/opt/greenroom/bin",
        "/mirror.git", "/run/greenroom",
    ],
}  # fmt: skip


@contextmanager
def outside(home):
    """Give what there is on the host, as the program is told of it, and listen meanwhile."""
    (home / "jobs/job-0/home").mkdir(parents=True)
    secret = home / "jobs/job-0/home/secret"
    secret.write_text("of another job")
    with (
        socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server,
        socket.socket(socket.AF_UNIX) as abstract,
        socket.socket(socket.AF_UNIX) as engine,
        short_path(home) as near,
    ):
        port = server.getsockname()[1]
        abstract.bind(f"\0greenroom-test-{port}")
        engine.bind(str(near / "docker.sock"))
        abstract.listen()
        engine.listen()
        (home / "docker.sock").chmod(0o666)
        yield {
            "port": port,
            "abstract": f"greenroom-test-{port}",
            "engine": str(home / "docker.sock"),
            "outside": {
                "another job": str(secret.parent),
                "its file": str(secret),
                "the data": str(home),
                "commits": str(home / "quarantine.git"),
                "passwords": "/etc/shadow",
            },
            "tells": {
                "/proc/sys/kernel/hostname": socket.gethostname(),
                "/proc/sys/kernel/random/boot_id": BOOT_ID.read_text().strip(),
                "/etc/hostname": socket.gethostname(),
            },
        }


def tell_job(job, there, home="home"):
    """Tell the program of a job what there is outside, its own harness among it."""
    harness = int((job / "pid").read_text().split()[0])
    (job / home / "new").write_text(json.dumps(there | INSIDE | {"harness": harness}))
    (job / home / "new").rename(job / home / "targets")


def shut(log, own=()):
    """Hold what the program has found against nothing at all, but for what its box has itself."""
    found = json.loads(log.splitlines()[-1])
    assert (found["broken"], sorted(found["reached"])) == ({}, sorted(own))
    assert len(found["refused"]) > 150
