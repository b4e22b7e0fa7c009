"""A loopback port that leads to a unix socket, for a program that only knows TCP.

Runs inside a box as `python -I -S relay.py PORT SOCKET PROGRAM...`, and ends with the
program's exit status.  The standard library is all it has.
"""

import socket
import subprocess
import sys
import threading

_CHUNK = 1 << 16


def main() -> int:
    """Serve the port while the program runs."""
    port, path, program = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    listener = socket.create_server(("127.0.0.1", port))
    threading.Thread(target=_serve, args=(listener, path), daemon=True).start()
    return subprocess.run(program, check=False).returncode


def _serve(listener: socket.socket, path: str) -> None:
    while True:
        near, _ = listener.accept()
        threading.Thread(target=_join, args=(near, path), daemon=True).start()


def _join(near: socket.socket, path: str) -> None:
    with near, socket.socket(socket.AF_UNIX) as far:
        far.connect(path)
        back = threading.Thread(target=_pump, args=(far, near), daemon=True)
        back.start()
        _pump(near, far)
        back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Copy until the end of one direction, and pass that end on."""
    try:
        while data := source.recv(_CHUNK):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        source.close()


if __name__ == "__main__":
    sys.exit(main())
