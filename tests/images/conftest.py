from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.images.images import Images
from bot.images.registry import open_registry
from bot.images.store import Store
from bot.images.unpacker import Bounds
from bot.model.clock import Clock
from bot.model.registries import Registries, read_registries
from tests.images.built import Image, Served, image, served

SMALL = Bounds(packed=4 * 1024**2, size=8 * 1024**2, entries=200, seconds=20)


@pytest.fixture
async def registry() -> AsyncIterator[Served]:
    async with served() as found:
        yield found


@pytest.fixture
def known(registry: Served) -> Registries:
    """What the operator allows: this registry, and every public one."""
    return read_registries(["*", f"http://{registry.place}"])


@pytest.fixture
async def images(known: Registries, tmp_path: Path) -> AsyncIterator[Images]:
    async with open_registry(known, {}) as client:
        yield Images(Store(tmp_path / "images", Clock(lambda: 1000.0)), client, SMALL)


@pytest.fixture
def unpacked(images: Images, registry: Served) -> Callable[..., Awaitable[Path]]:
    """Fetch an image made of these layers."""

    async def make(*tars: bytes | Image) -> Path:
        made = tars[0] if isinstance(tars[0], Image) else image(*tars)
        return await images.tree(registry.has(made))

    return make
