"""The images that a validation's build begins with, for the job of that validation alone."""

from collections.abc import Awaitable
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from bot.model.errors import Refused
from bot.rules.images import Reference, reference
from bot.store import validation_jobs
from bot.store.engine import Store


class Lender(Protocol):
    """What has images from registries, as `bot.images.bases` does."""

    def manifest(self, named: Reference) -> Awaitable[bytes]:
        """Return a manifest."""
        ...

    def blob(self, named: Reference) -> Awaitable[Path]:
        """Return a part of an image."""
        ...


class Bases:
    """Answers the jobs of builds.

    Every method takes a job's token, the number of a place in what its definition names, and a
    digest.  All raise Refused: `unknown_token` for a token that nobody has, or whose job builds
    nothing from there; `image` and `registry` for what may not be had; and Unavailable.
    """

    def __init__(self, store: Store, lender: Lender) -> None:
        self._store = store
        self._lender = lender

    async def manifest(self, token: SecretStr, number: int, digest: str) -> bytes:
        """Return a manifest, or an index, as it is written."""
        return await self._lender.manifest(await self._named(token, number, digest))

    async def blob(self, token: SecretStr, number: int, digest: str) -> Path:
        """Return a part of an image whose manifest was asked for."""
        return await self._lender.blob(await self._named(token, number, digest))

    async def _named(self, token: SecretStr, number: int, digest: str) -> Reference:
        async with self._store.read() as tx:
            row = await validation_jobs.by_token(tx, token)
        places = row.definition.bases if row and row.state == "running" else ()
        if number >= len(places):
            raise Refused("unknown_token", "This token opens nothing.")
        return reference(f"{places[number]}@{digest}")
