"""The first thing that a client says in TLS, read for the name of the host that it wants.

https://www.rfc-editor.org/rfc/rfc8446#section-4.1.2
"""

from collections.abc import Iterator

HEAD = 5
"""Bytes before each record: its kind, a version, and the length of what follows."""

MOST = 16 * 1024
"""Bytes of a whole hello; common ones have two thousand at most."""

_HANDSHAKE = b"\x16\x03"
_HELLO = 1
_PREFIX = 4  # the kind of a message, and its length in three bytes
_MOST_FRAGMENT = 1 << 14
_BEFORE_SESSION = 2 + 32  # a version and random bytes
_SERVER_NAME = 0  # https://www.rfc-editor.org/rfc/rfc6066#section-3
_HOST_NAME = 0

REFUSAL = bytes((21, 3, 3, 0, 2, 2, 112))
"""A record that ends a handshake: alert, fatal, `unrecognized_name`."""


def fragment(head: bytes) -> int:
    """Return how many bytes of a hello follow the head of a record.

    Raises:
        ValueError: it is another kind of record, or no TLS at all.
    """
    size = int.from_bytes(head[3:HEAD])
    if not head.startswith(_HANDSHAKE) or not 0 < size <= _MOST_FRAGMENT:
        raise ValueError("it is no record of a handshake")
    return size


def is_whole(message: bytes) -> bool:
    """Tell whether all of a hello has come.

    Raises:
        ValueError: it is another message, or too long.
    """
    if len(message) > MOST or (message and message[0] != _HELLO):
        raise ValueError("it is no hello")
    size = _PREFIX + int.from_bytes(message[1:_PREFIX])
    return len(message) >= size


def server_name(message: bytes) -> str:
    """Return the one name that a whole hello has, in lower case.

    Raises:
        ValueError: it has none, or several, or is broken.
    """
    hello = _Reader(_Reader(message[1:]).vector(3))
    hello.take(_BEFORE_SESSION)
    for width in (1, 2, 1):  # the session, the ciphers, the compressions
        hello.vector(width)
    extensions = _Reader(hello.vector(2))
    (names,) = (data for kind, data in extensions.pairs(2) if kind == _SERVER_NAME)
    ((kind, name),) = _Reader(_Reader(names).vector(2)).pairs(1)
    if kind != _HOST_NAME:
        raise ValueError("it is no host's name")
    return name.decode("ascii").lower().removesuffix(".")


class _Reader:
    """Bytes, read from their beginning on."""

    def __init__(self, data: bytes) -> None:
        self._left = data

    def take(self, size: int) -> bytes:
        """Return so many bytes."""
        if len(self._left) < size:
            raise ValueError("it is too short")
        taken, self._left = self._left[:size], self._left[size:]
        return taken

    def vector(self, width: int) -> bytes:
        """Return bytes that have their length before them."""
        return self.take(int.from_bytes(self.take(width)))

    def pairs(self, width: int) -> Iterator[tuple[int, bytes]]:
        """Yield numbers of `width` bytes, each with a vector, up to the end."""
        while self._left:
            yield int.from_bytes(self.take(width)), self.vector(2)
