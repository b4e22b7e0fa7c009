"""The images that a validation names: what its command runs in, and the servers beside it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from bot.model.errors import Refused
from bot.model.validations import Definition

Fetch = Callable[[str], Awaitable[Path]]
"""Brings an image's tree onto this host; raises Refused for one that cannot be had."""


async def nowhere(image: str) -> Path:
    """Have no images."""
    raise Refused("image", f"The image `{image}` cannot be had here: this host has none.")


async def roots(fetch: Fetch, definition: Definition) -> Mapping[str, Path]:
    """Return the trees of a definition's images, by their names.

    Raises:
        Refused: one cannot be had, or is none that programs can run in.
        Unavailable: a registry did not answer, or the disk is full.
    """
    own = () if definition.image is None else (definition.image,)
    wanted = dict.fromkeys((*own, *(each.image for each in definition.services)))
    try:
        async with asyncio.TaskGroup() as group:
            found = {image: group.create_task(_tree(fetch, image)) for image in wanted}
    except ExceptionGroup as problems:
        raise problems.exceptions[0] from None
    return {image: task.result() for image, task in found.items()}


async def _tree(fetch: Fetch, image: str) -> Path:
    return await fetch(image)
