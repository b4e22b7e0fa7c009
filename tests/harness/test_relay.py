import socket
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from bot.harness import relay

ASK = (
    "import socket; s = socket.create_connection(('127.0.0.1', {port}));"
    "s.sendall(b'ping'); s.shutdown(socket.SHUT_WR); print(s.recv(9).decode())"
)


@pytest.fixture
def port():
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        return free.getsockname()[1]


def relayed(port, path, *program):
    doors = f"{port}={path}"
    words = [sys.executable, "-I", "-S", str(Path(relay.__file__)), doors, *program]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)


def test_a_port_leads_to_the_socket(tmp_path, port):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()

        def answer():
            near, _ = listener.accept()
            with near:
                near.sendall(near.recv(9).upper())

        thread = threading.Thread(target=answer)
        thread.start()
        done = relayed(port, tmp_path / "s", sys.executable, "-c", ASK.format(port=port))
        thread.join()
    assert (done.returncode, done.stdout) == (0, "PING\n")


@pytest.mark.parametrize(
    ("program", "status"),
    [
        (("sh", "-c", "exit 3"), 3),
        (("sh", "-c", "kill -9 $$"), 137),
        (("no-such-program",), 127),
        (("sh", "-c", "trap 'exit 5' TERM; kill -TERM 0; wait"), 5),
    ],
)
def test_it_ends_as_its_program_does(tmp_path, port, program, status):
    words = ("setsid", "--wait", sys.executable, "-I", "-S", str(Path(relay.__file__)))
    done = subprocess.run([*words, f"{port}={tmp_path / 's'}", *program], check=False, timeout=30)
    assert done.returncode == status


def test_no_piece_of_an_answer_waits_until_the_one_before_is_acknowledged(port):
    listener = socket.socket(fileno=relay._listening(port))
    with listener, socket.create_connection(("127.0.0.1", port)), listener.accept()[0] as near:
        assert near.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
