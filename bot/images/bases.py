"""Images that builds begin with, handed on part by part as their registry would.

Nothing is unpacked here: that is for the box of the build to do.  What is handed on is what its
digest says, and a part of an image whose manifest was handed on a while before.
"""

from collections import OrderedDict
from pathlib import Path

import structlog

from bot.images.images import Images, this_platform
from bot.images.unpacker import Bounds
from bot.model.errors import Refused
from bot.rules.images import Descriptor, Reference, manifest, refused

MOST_KNOWN = 10_000
"""Parts of images that are known by their size."""

log = structlog.get_logger()


class Bases:
    """Base images of all builds.

    Args:
        images: those of this host.
        bounds: of each.
    """

    def __init__(self, images: Images, bounds: Bounds | None = None) -> None:
        self._images = images
        self._most = (bounds or Bounds()).packed
        self._known: OrderedDict[tuple[str, str], Descriptor] = OrderedDict()

    async def manifest(self, named: Reference) -> bytes:
        """Return a manifest, or an index; every part of the former can be had from then on.

        Raises:
            Refused: `image`, `registry`: there is none, it may not be had, or is too large.
            Unavailable: the registry did not answer, or the disk is full.
        """
        try:
            return await self._manifest(named)
        except Refused as problem:
            raise Refused(problem.reason, f"The image `{named}` {problem.words}") from None

    async def blob(self, named: Reference) -> Path:
        """Return a part of an image, as a file that nobody writes to.

        Raises as `manifest` does.
        """
        wanted = self._known.get((named.place, named.digest))
        if wanted is None:
            raise Refused("image", "Ask for the manifest first.")
        return await self._images.blob(named, wanted)

    async def _manifest(self, named: Reference) -> bytes:
        data = await self._images.written(named)
        found = manifest(data, this_platform())
        if isinstance(found, Descriptor):
            return data
        parts = [layer.blob for layer in found.layers]
        size = sum(each.size for each in parts)
        if size > self._most:
            raise refused(f"is larger than the {self._most} bytes that one may have.")
        await self._images.make_room(size)
        for each in (*parts, *((found.config,) if found.config else ())):
            self._know(named, each)
        log.info("image.lent", image=str(named), bytes=size)
        return data

    def _know(self, of: Reference, part: Descriptor) -> None:
        self._known[of.place, part.digest] = part
        self._known.move_to_end((of.place, part.digest))
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
