"""The images of this host, from the registries that the operator allows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.images.challenges import read_credentials
from bot.images.images import Images
from bot.images.registry import open_registry
from bot.images.store import Store
from bot.model.clock import Clock
from bot.model.settings import Settings


@asynccontextmanager
async def open_images(settings: Settings, clock: Clock) -> AsyncIterator[Images]:
    """Give the images, and connections of their own, until the block ends.

    Raises:
        Misconfigured: the file with the logins for registries cannot be read.
    """
    credentials = read_credentials(settings.registry_auth) if settings.registry_auth else {}
    async with open_registry(settings.registries, credentials) as registry:
        yield Images(Store(settings.home / "images", clock), registry)
