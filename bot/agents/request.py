"""One request over a unix socket, with as little of Python as possible.

It is on the way from a label to an agent, and from an agent's question to a validation's first
line: `http.client` alone would cost more than the whole exchange.  So there is HTTP/1.0, whose
answers end with their connection, and of modules only what an interpreter has at once.
"""

import _socket
import re
from collections.abc import Mapping

MOST_HEAD = 16 * 1024
"""Bytes before the body of an answer."""

NO_ANSWER = 500
"""The status where a connection ended without a word."""

_CHUNK = 1 << 16
_LENGTH = re.compile(rb"\r\nContent-Length: *(\d+)", re.IGNORECASE)


def request(  # noqa: PLR0913, PLR0917 - the parts of a request
    path: str,
    line: str,
    headers: Mapping[str, str],
    body: bytes,
    seconds: float,
    most: int,
) -> tuple[int, bytes]:
    """Send a request, and return the status and body of its answer.

    Args:
        path: of the socket.
        line: method and target, as in `GET /`.
        headers: beside those that tell of the body.
        body: bytes.
        seconds: for which nothing may come.
        most: bytes of an answer's body.

    Raises:
        OSError: nobody is there, or answers.
        ValueError: the answer broke off, or is too long.
    """
    told = {"Host": "greenroom", **headers, "Content-Length": f"{len(body)}"}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    wire = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
    try:
        wire.settimeout(seconds)
        wire.connect(path)
        wire.sendall(f"{line} HTTP/1.0\r\n{head}\r\n".encode("ascii") + body)
        return _answer(wire, most)
    finally:
        wire.close()


def _answer(wire: _socket.socket, most: int) -> tuple[int, bytes]:
    came = bytearray()
    while data := wire.recv(_CHUNK):
        came += data
        if len(came) > most + MOST_HEAD:
            raise ValueError("the answer is too long")
    head, _, said = bytes(came).partition(b"\r\n\r\n")
    if (size := _LENGTH.search(head)) and int(size[1]) != len(said):
        raise ValueError("the answer broke off")
    return int(head.split(b" ", 2)[1]) if head else NO_ANSWER, said
