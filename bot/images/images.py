"""The trees of a run's toolboxes: there already, or fetched, verified and unpacked now."""

import asyncio
import platform
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import structlog

from bot.images.registry import Registry
from bot.images.store import Store
from bot.images.unpacker import Bounds, Packed
from bot.model.errors import Refused, Unavailable
from bot.model.validations import Toolbox
from bot.rules.images import (
    Descriptor,
    Manifest,
    Reference,
    manifest,
    reference,
    refused,
    unpacked_digests,
)
from bot.sandbox import roots
from bot.sandbox.toolboxes import check

UNWANTED_FOR = 14 * 24 * 3600.0
"""Seconds after which an image is removed that no job wanted."""

SHORT_OF_ROOM = 24 * 3600.0
"""The same where the disk is nearly full: still longer than any job lives."""

SWELLS = 4
"""How many times larger an image becomes; it is not fetched where there is less room."""

UNPACKED_AT_ONCE = 2
"""Images that are unpacked side by side; more of them may be on their way."""

MOST_TOOLBOXES = 16
"""Toolboxes beside one job."""

PATIENCE = 30 * 60.0
"""Seconds for one image to be here: who drips bytes holds up nobody for longer."""

# Images have the Go language's words for what they run on.
# https://go.dev/doc/install/source#environment
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

FULL = 5 * 60.0
"""Seconds until it is seen again whether the disk has room."""

log = structlog.get_logger()


def this_platform() -> tuple[str, str]:
    """Return what this host runs, in the words that images have."""
    machine = platform.machine()
    return "linux", _ARCHITECTURES.get(machine, machine)


class Images:
    """All images of this host.

    Args:
        store: where they are.
        registry: where they come from.
        bounds: of each.
    """

    def __init__(self, store: Store, registry: Registry, bounds: Bounds | None = None) -> None:
        self._store = store
        self._registry = registry
        self._bounds = bounds or Bounds()
        self._unpacking = asyncio.Semaphore(UNPACKED_AT_ONCE)
        self._pulling: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def toolboxes(self, wanted: Iterable[Toolbox]) -> Mapping[str, Path]:
        """Return the tree of each toolbox by its name; those that are not here are fetched.

        Raises:
            Refused: `image`, `registry`, `toolbox`: one of them is none, or may not be had.
            Unavailable: a registry did not answer, or the disk is full.
        """
        asked = list(wanted)
        if len(asked) > MOST_TOOLBOXES:
            words = f"{len(asked)} toolboxes stand beside this job; {MOST_TOOLBOXES} may."
            raise Refused("toolbox", words)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {each.name: group.create_task(self._toolbox(each)) for each in asked}
        except ExceptionGroup as problems:
            raise problems.exceptions[0] from None
        return {name: task.result() for name, task in tasks.items()}

    async def tree(self, image: str) -> Path:
        """Return the files of an image, in a folder that nobody may write to.

        Raises as `toolboxes` does.
        """
        named = reference(image)
        if (found := self._store.tree(named)) is not None:
            return found
        async with self._pulling[str(named)]:
            try:
                async with asyncio.timeout(PATIENCE):
                    return self._store.tree(named) or await self._pulled(named)
            except TimeoutError:
                words = f"{named.host} took more than {PATIENCE / 60:.0f} minutes"
                raise Unavailable("registry", words, retry_after=PATIENCE) from None
            except Refused as problem:
                raise _of(named, problem) from None

    async def root(self, image: str) -> Path:
        """Return the same as `tree`, of an image that a box can have for its root.

        Raises as `toolboxes` does.
        """
        found = await self.tree(image)
        try:
            await asyncio.to_thread(roots.check, found)
        except Refused as problem:
            raise _of(reference(image), problem) from None
        return found

    async def written(self, named: Reference) -> bytes:
        """Return the manifest of an image, or the index of several, as it is written.

        Raises as `toolboxes` does.
        """
        return await self._registry.manifest(named, named.digest)

    async def blob(self, named: Reference, blob: Descriptor) -> Path:
        """Return a part of an image, which is fetched if it is not here.

        Raises as `toolboxes` does.
        """
        if (there := self._store.blob(named, blob)) is not None:
            return there
        async with self._store.fresh_blob(named, blob) as fresh:
            await self._registry.download(named, blob, fresh)
        kept = self._store.blob(named, blob)
        assert kept is not None
        return kept

    async def make_room(self, size: int) -> int:
        """Return how many bytes an image of this size may become, having made room for it.

        Raises:
            Unavailable: there is none.
        """
        if (room := self._store.room()) >= SWELLS * size:
            return room
        await asyncio.to_thread(self._store.prune, unwanted_for=SHORT_OF_ROOM)
        if (room := self._store.room()) < SWELLS * size:
            raise Unavailable("images", "the disk is nearly full", retry_after=FULL)
        return room

    async def prune(self) -> int:
        """Remove what no job wanted for a long time; return how much that was."""
        return await asyncio.to_thread(self._store.prune, unwanted_for=UNWANTED_FOR)

    async def _toolbox(self, toolbox: Toolbox) -> Path:
        try:
            found = await self.tree(toolbox.image)
        except Refused as problem:
            words = f"The toolbox `{toolbox.name}` cannot be had. {problem.words}"
            raise Refused(problem.reason, words) from None
        await asyncio.to_thread(check, toolbox.name, found)
        return found

    async def _pulled(self, named: Reference) -> Path:
        found = await self._manifest(named)
        size = sum(layer.blob.size for layer in found.layers)
        if size > self._bounds.packed:
            raise refused(f"is larger than the {self._bounds.packed} bytes that one may have.")
        bounds = replace(self._bounds, size=min(self._bounds.size, await self.make_room(size)))
        config = await self._config(named, found)
        digests = unpacked_digests(config, found) if config else (None,) * len(found.layers)
        packed = tuple(
            [
                Packed(
                    file=str(await self.blob(named, layer.blob)),
                    packing=layer.packing,
                    digest=digest,
                )
                for layer, digest in zip(found.layers, digests, strict=True)
            ]
        )
        async with self._unpacking:
            path, left_out = await self._store.unpack(named, packed, bounds, config)
        log.info("image.unpacked", image=str(named), bytes=size, left_out=left_out)
        return path

    async def _manifest(self, named: Reference) -> Manifest:
        """Return an image's manifest; one level of indexes stands between, and no more."""
        found = manifest(await self._registry.manifest(named, named.digest), this_platform())
        if isinstance(found, Descriptor):
            found = manifest(await self._registry.manifest(named, found.digest), this_platform())
        if isinstance(found, Descriptor):
            raise refused("is an index of indexes.")
        return found

    async def _config(self, named: Reference, found: Manifest) -> bytes:
        """Return an image's config; nothing where it has none."""
        return await self._registry.blob(named, found.config) if found.config else b""


def _of(named: Reference, problem: Refused) -> Refused:
    """Say of which image something is true."""
    return Refused(problem.reason, f"The image `{named}` {problem.words}")
