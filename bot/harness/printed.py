"""What a command prints: kept within bounds, and handed in as it comes.

Two threads do it, with the standard library alone, since the first line is waited for.  One
reads, whatever the other is doing, so that a slow gateway does not slow down the command.
"""

import codecs
import json
import os
import threading
import time
from typing import IO

from bot.harness.requests import request

AGAIN = 0.2
"""Seconds between two pieces, after the first, which goes out at once."""

BEAT = 10.0
"""Seconds of silence after which the gateway is asked whether anybody still waits."""

PIECE = 32 * 1024
"""Bytes of one piece: the gateway keeps no more, so of more only the end is handed in."""

MOST = 256 * 1024**2
"""Bytes that a command may print.  A log of that size is a mistake, which costs a processor."""

HEAD, TAIL = 16 * 1024, 40 * 1024
"""Bytes of both ends that are kept for the verdict."""

TOO_MUCH = f"It printed more than {MOST // 1024**2} MiB."

_CHUNK = 1 << 16
_GONE = frozenset({401, 409})
_OK = 200


class Printed:
    """The output of one command.

    Args:
        source: where it can be read.
        gateway: path of the gateway's socket.
        token: of the validation.

    Attributes:
        news: a descriptor that can be read once one of the following has changed.
        unwanted: whether nobody waits for the validation any more.
        superseded: whether another job has taken over.
        too_much: whether it has printed more than it may; nothing is read any more.
        ended: when nobody could write to it any more, in seconds of the monotonic clock.
    """

    def __init__(self, source: IO[bytes], gateway: str, token: str) -> None:
        self.news = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.unwanted = self.superseded = self.too_much = False
        self.ended = 0.0
        self._source = source
        self._gateway = gateway
        self._token = token
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._came = threading.Condition()
        self._head, self._tail, self._piece = bytearray(), bytearray(), bytearray()
        self._seen = 0
        self._over = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._sender = threading.Thread(target=self._send, daemon=True)
        self._reader.start()
        self._sender.start()

    def end(self) -> str:
        """Return both ends of the output, all of which has been read, once it was handed in."""
        self._reader.join()
        self._sender.join()
        left = self._seen - len(self._head) - len(self._tail)
        between = b"\n[%d bytes left out]\n" % left if left else b""
        return bytes(self._head + between + self._tail).decode("utf-8", "replace")

    def _read(self) -> None:
        """Read to the end, in bounded memory."""
        while data := os.read(self._source.fileno(), _CHUNK):
            text = self._decoder.decode(data)
            self._take(text.encode())
            if self.too_much:
                break
        self.ended = time.monotonic()
        self._take(self._decoder.decode(b"", final=True).encode(), last=True)

    def _take(self, data: bytes, *, last: bool = False) -> None:
        with self._came:
            self._seen += len(data)
            room = HEAD - len(self._head)
            self._head += data[:room]
            self._tail = _end(self._tail + data[max(room, 0) :], TAIL)
            self._piece = _end(self._piece + data, PIECE)
            if self._seen > MOST and not self.too_much:
                self.too_much = True
                self._tell()
            self._over = last
            self._came.notify()

    def _send(self) -> None:
        """Hand pieces in until there will be no more, or nobody wants them."""
        going = True
        while going:
            with self._came:
                self._came.wait_for(lambda: self._piece or self._over, timeout=BEAT)
                piece, at, last = bytes(self._piece), self._seen - len(self._piece), self._over
                self._piece.clear()
            if (piece or not last) and not self._handed_in(piece, at):
                self._put_back(piece)
            going = not (last or self.unwanted or self.superseded)
            with self._came:
                self._came.wait_for(lambda: self._over, timeout=AGAIN)

    def _handed_in(self, piece: bytes, at: int) -> bool:
        """Hand a piece in; False where the gateway did not take it."""
        body = json.dumps({"at": at, "text": piece.decode()}).encode()
        try:
            status, said = request(self._gateway, "POST", "/validation/output", self._token, body)
        except (OSError, ValueError):
            return False
        if status == _OK:
            self.unwanted = json.loads(said)["go_on"] is not True
        self.superseded = status in _GONE
        if self.unwanted or self.superseded:
            self._tell()
        return status == _OK

    def _put_back(self, piece: bytes) -> None:
        """Keep what was not taken for the next time; the verdict has the end of it all."""
        with self._came:
            self._piece = _end(piece + self._piece, PIECE)

    def _tell(self) -> None:
        os.eventfd_write(self.news, 1)


def _end(data: bytes | bytearray, most: int) -> bytearray:
    """Return the end of some text in UTF-8, of whole characters."""
    begin = max(len(data) - most, 0)
    while begin and begin < len(data) and data[begin] & 0xC0 == 0x80:  # noqa: PLR2004 - RFC 3629
        begin += 1
    return bytearray(data[begin:])
