"""The bytes of a layer as a stream that goes forward only, and gives out when it is too much."""

import gzip
import hashlib
import io
import sys
import tarfile
import zlib

from bot.model.errors import Refused
from bot.rules.images import Packing, refused

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MOST_AT_ONCE = 1024**2
"""Bytes that one read may want: a header of a tar that is longer is an attack on our memory."""

_CHUNK = 256 * 1024


class Bounded(io.BufferedIOBase):
    """A stream for `tarfile`, which hashes and counts what it gives.

    Args:
        packed: gives the bytes.
        most: how many there may be.
    """

    def __init__(self, packed: io.BufferedIOBase, most: int) -> None:
        self._packed = packed
        self._most = most
        self._at = 0
        self._hashed = hashlib.sha256()
        self._last = b""

    def read(self, size: int | None = -1, /) -> bytes:
        """Return as many bytes, or less at the end.

        Raises:
            Refused: that is too much at once, or altogether.
        """
        if size is None or not 0 <= size <= MOST_AT_ONCE:
            raise refused("has a tar with a header that is too long.")
        self._last = data = self._packed.read(size)
        self._at += len(data)
        self._hashed.update(data)
        if self._at > self._most:
            raise refused(f"unpacks to more than {self._most} bytes.")
        return data

    def tell(self) -> int:
        """Return how many bytes were read."""
        return self._at

    def seek(self, to: int, _whence: int = 0, /) -> int:
        """Read on until there, counted from the beginning.

        Raises:
            Refused: that is behind: only a forged size leads there.
        """
        if to < self._at:
            raise refused("has a tar that leads back.")
        while self._at < to and self.read(min(to - self._at, _CHUNK)):
            pass
        return self._at

    def check_end(self) -> None:
        """See that a tar ended in zeros, or in nothing: tarfile stops at what it cannot read.

        Raises:
            Refused: there was something else.
        """
        if any(self._last):
            raise refused("has a tar that breaks off.")

    def digest(self) -> str:
        """Read to the end, and return what all of it hashes to."""
        while self.read(_CHUNK):
            pass
        return f"sha256:{self._hashed.hexdigest()}"


def unpacked(file: io.BufferedIOBase, packing: Packing) -> io.BufferedIOBase:
    """Return the tar that a layer holds."""
    if packing == "gzip":
        return gzip.GzipFile(fileobj=file, mode="rb")
    if packing == "zstd":
        # its windows are of 128 MiB at most
        return zstd.ZstdFile(file, "rb")
    return file


def opened(stream: Bounded) -> tarfile.TarFile:
    """Read it as a tar.

    Raises:
        Refused: it is none.
    """
    try:
        return tarfile.open(fileobj=stream, mode="r:", errorlevel=2)
    except tarfile.TarError:
        raise Refused("image", "has a layer that is no tar.") from None


BROKEN = (
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    zstd.ZstdError,
    EOFError,
    ValueError,
    OverflowError,
    RecursionError,
)
"""What reading a layer raises that was not made well."""
