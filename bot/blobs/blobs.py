"""Blobs by the hash of their bytes: whoever has the name can tell whether they are the same.

Where they lie, a folder or a bucket of S3, GCS or Azure, is obstore's to know.  What it
needs to be let in it reads from the environment of the process, under its own names.
https://developmentseed.org/obstore/latest/
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from bot.model.errors import Misconfigured, Unavailable

BUCKETS = ("s3://", "gs://", "az://")
"""How the address of a bucket begins."""

_NAME = re.compile(r"[0-9a-f]{64}", re.ASCII)
_RETRY_AFTER = 5.0


@dataclass(frozen=True, slots=True)
class Kept:
    """A blob that is there, and when it was last put, in Unix seconds."""

    name: str
    at: float


def open_blobs(where: str) -> "Blobs":
    """Return the blobs of a folder, which is made if missing, or of a bucket.

    Raises:
        Misconfigured: the folder cannot be made, or the address leads nowhere.
    """
    try:
        if where.startswith(BUCKETS):
            return Blobs(from_url(where))
        folder = Path(where)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Blobs(LocalStore(prefix=folder.absolute()))
    except (BaseError, OSError, ValueError) as problem:
        raise Misconfigured(f"GREENROOM_BLOBS is wrong: {_words(problem)}.") from None


class Blobs:
    """The blobs in one place; every method raises Unavailable when it does not answer."""

    def __init__(self, place: ObjectStore) -> None:
        self._place = place

    async def put(self, data: bytes) -> str:
        """Keep these bytes and return their name; the same bytes again count as put now."""
        name = (await asyncio.to_thread(hashlib.sha256, data)).hexdigest()
        with _answering():
            await self._place.put_async(_path(name), data)
        return name

    async def put_file(self, file: Path) -> str:
        """Keep the bytes of a file, which nobody changes meanwhile; answers as `put` does."""
        name = await asyncio.to_thread(_hash, file)
        with _answering():
            await self._place.put_async(_path(name), file)
        return name

    async def get_file(self, name: str, into: Path) -> None:
        """Write the bytes of a name to a file.

        Raises:
            LookupError: there are none.
        """
        with _answering():
            try:
                found = await self._place.get_async(_path(name))
            except FileNotFoundError:
                raise LookupError(name) from None
            with into.open("wb") as file:
                async for chunk in found.stream():
                    await asyncio.to_thread(file.write, chunk)

    async def get(self, name: str) -> bytes:
        """Return the bytes of a name.

        Raises:
            LookupError: there are none.
        """
        with _answering():
            try:
                found = await self._place.get_async(_path(name))
                return bytes(await found.bytes_async())
            except FileNotFoundError:
                raise LookupError(name) from None

    async def drop(self, names: Collection[str]) -> None:
        """Forget these; nothing happens to one that is not there."""
        for name in names:
            with _answering():
                try:
                    await self._place.delete_async(_path(name))
                except FileNotFoundError:
                    continue

    async def kept(self) -> AsyncIterator[Kept]:
        """Yield all that is there, in no order."""
        listed = self._place.list()
        while True:
            with _answering():
                try:
                    page = await anext(listed)
                except StopAsyncIteration:
                    return
            for each in page:
                name = each["path"].rpartition("/")[2]
                if _NAME.fullmatch(name):
                    yield Kept(name, each["last_modified"].timestamp())


def _hash(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def is_name(text: str) -> bool:
    """Say whether a blob could have this name."""
    return _NAME.fullmatch(text) is not None


def _path(name: str) -> str:
    """Spread the blobs over folders; a name can lead nowhere else.

    Raises:
        LookupError: no blob has such a name.
    """
    if not is_name(name):
        raise LookupError(name)
    return f"{name[:2]}/{name}"


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as problem:
        raise Unavailable("blobs", _words(problem), retry_after=_RETRY_AFTER) from None


def _words(problem: Exception) -> str:
    """Return what went wrong without the paragraphs that obstore adds for its authors."""
    return str(problem).partition("\n")[0]
