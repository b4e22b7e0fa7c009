"""A network of a job's own: loopback that is up, and no way to anything."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
LOOK = """
import json, os, socket, sys
sys.path[:0] = json.loads(sys.argv[1])
from bot.sandbox import mounts, network
if sys.argv[2] == "user":
    mounts.become_user(os.geteuid(), os.getegid())
network.enter()

def tried(*address):
    try:
        socket.create_connection(address, 5).close()
    except OSError as problem:
        return type(problem).__name__
    return "connected"

near, far = (socket.create_server(("127.0.0.1", port)) for port in (80, 0))
print(json.dumps({
    "others": [name for _, name in socket.if_nameindex() if name == "eth0"],
    "near": tried("127.0.0.1", 80),
    "of the host": tried("127.0.0.1", int(sys.argv[3])),
    "far": tried("93.184.215.14", 443),
}))
"""


@pytest.mark.parametrize("who", ["root", "user"])
def test_boxes_that_share_it_reach_each_other_and_nothing_else(who):
    if who == "root" and os.geteuid() != 0:
        pytest.skip("only root enters one without a user namespace")
    with socket.create_server(("127.0.0.1", 0)) as server:
        words = [json.dumps([str(PROJECT)]), who, str(server.getsockname()[1])]
        done = subprocess.run(
            [sys.executable, "-I", "-c", LOOK, *words], capture_output=True, text=True, check=True
        )
    assert json.loads(done.stdout) == {
        "others": [],
        "near": "connected",
        "of the host": "ConnectionRefusedError",
        "far": "OSError",
    }
