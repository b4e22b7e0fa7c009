"""Loopback ports that lead to unix sockets, for a program that only knows TCP.

Runs inside a box as `python -I -S relay.py PORT=SOCKET[,...] PROGRAM...`, and ends with the
program's exit status, as shells tell it.  The standard library is all it has, and the
program is started before most of that is imported.
"""

import _socket
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from typing import NoReturn
else:
    import _signal as signal  # without its enums, which take as long as all else here

_CHUNK = 1 << 16
_SIGNALLED = 128  # as in shells
_NOT_THERE = 127


def main() -> int:
    """Serve the ports while the program runs."""
    doors = [each.split("=", 1) for each in sys.argv[1].split(",")]
    listeners = [(_listening(int(port)), path) for port, path in doors]
    # whoever ends the program asks its whole group: the relay goes last
    signal.signal(signal.SIGTERM, lambda *_: None)
    pid = os.fork()
    if pid == 0:
        _become(sys.argv[2:])
    for listener, path in listeners:
        _serve_beside(listener, path)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return status if status >= 0 else _SIGNALLED - status


def _listening(port: int) -> int:
    listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
    listener.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
    # what is accepted takes this over: an answer's second piece is not to wait for an ACK
    listener.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(64)
    return listener.detach()


def _become(program: list[str]) -> "NoReturn":
    try:
        os.execvp(program[0], program)  # noqa: S606 - looked up as a shell would, but by none
    except OSError as problem:
        sys.stderr.write(f"{program[0]}: {problem.strerror}\n")
        sys.stderr.flush()
    os._exit(_NOT_THERE)


def _serve_beside(listener: int, path: str) -> None:
    import threading  # noqa: PLC0415 - beside the program

    threading.Thread(target=_serve, args=(listener, path), daemon=True).start()


def _serve(descriptor: int, path: str) -> None:
    import socket  # noqa: PLC0415 - beside the program
    import threading  # noqa: PLC0415 - beside the program

    def join(near: socket.socket) -> None:
        with near, socket.socket(socket.AF_UNIX) as far:
            try:
                far.connect(path)
            except OSError:
                return
            back = threading.Thread(target=pump, args=(far, near), daemon=True)
            back.start()
            pump(near, far)
            back.join()

    def pump(source: socket.socket, target: socket.socket) -> None:
        """Copy until the end of one direction, and pass that end on."""
        try:
            while data := source.recv(_CHUNK):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            source.close()

    with socket.socket(fileno=descriptor) as listener:
        while True:
            near, _ = listener.accept()
            threading.Thread(target=join, args=(near,), daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
