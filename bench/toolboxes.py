"""What comes over the wire when one tool changes: toolboxes against one image with all of it.

The sizes are a tenth of what such things have: an agent's image with its program, and the
compilers of three languages.  Nothing in them can be packed any smaller.
"""

import asyncio
import random
import time
from collections.abc import Coroutine, Mapping
from typing import Any

from bench.place import scratch
from bench.table import Row, compared
from bot.images.images import Images
from bot.images.registry import open_registry
from bot.images.store import Store
from bot.model.clock import Clock
from bot.model.registries import read_registries
from bot.model.validations import Toolbox
from tests.images.built import Image, Served, image, served, tar

MB = 1024**2
AGENT = 25
TOOLS = {"go": 6, "node": 4, "python": 3}
"""Megabytes."""

FEWER = 5.0
"""Times fewer bytes than the one image."""


async def rows() -> list[Row]:
    """Change each tool once, both ways."""
    with scratch() as root:
        async with served() as registry:
            known = read_registries([f"http://{registry.place}"])
            async with open_registry(known, {}) as client:
                images = Images(Store(root / "images", Clock(time.time)), client)
                return await _changed(images, registry)


async def _changed(images: Images, registry: Served) -> list[Row]:
    contents = {name: _content(name, size) for name, size in {"agent": AGENT, **TOOLS}.items()}
    await _boxes(images, _apart(registry, contents))
    await images.tree(registry.has(_made(contents)))
    apart, together = [], []
    for name, size in TOOLS.items():
        contents = {**contents, name: _content(f"new {name}", size)}
        names, whole = _apart(registry, contents), registry.has(_made(contents))
        apart.append(await _timed(registry, _boxes(images, names)))
        together.append(await _timed(registry, images.tree(whole)))
    fetched = compared(
        "one tool changes: one image's bytes against toolboxes'",
        "MB",
        [each[0] for each in together],
        [each[0] for each in apart],
        at_least=FEWER,
    )
    ready = compared(
        "one tool changes: until its files are there",
        "ms",
        [each[1] for each in apart],
        [each[1] for each in together],
        at_most=1.0,
    )
    return [fetched, ready]


async def _timed(registry: Served, pull: Coroutine[Any, Any, object]) -> tuple[float, float]:
    """Return megabytes that came, and milliseconds."""
    before, began = registry.sent, time.perf_counter()
    await pull
    return (registry.sent - before) / MB, (time.perf_counter() - began) * 1000


def _apart(registry: Served, contents: Mapping[str, bytes]) -> dict[str, str]:
    """Name an agent's image, and one for each tool."""
    return {name: registry.has(_made({name: data})) for name, data in contents.items()}


async def _boxes(images: Images, names: Mapping[str, str]) -> None:
    await asyncio.gather(
        images.tree(names["agent"]),
        images.toolboxes([Toolbox(name=name, image=names[name]) for name in TOOLS]),
    )


def _made(contents: Mapping[str, bytes]) -> Image:
    return image(tar(*((f"bin/{name}", data) for name, data in contents.items())))


def _content(seed: str, size: int) -> bytes:
    return random.Random(seed).randbytes(size * MB)
