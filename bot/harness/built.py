"""What has come of a build: the images that it left, or the image that it could not have."""

import asyncio
import os
import re
from collections.abc import Mapping, Sequence

from bot.harness import plainfile
from bot.harness.boxes import for_validation
from bot.harness.building import NO_BUILDER, begun, has_begun
from bot.harness.once import run
from bot.harness.validate import Validation
from bot.model.validations import MOST_BUILT
from bot.rules.dockerfiles import MOST, NAMES, bases, lacking

SECONDS = 20.0
"""For which buildah may think."""

_LIST = f"buildah images --json 2>/dev/null | head -c {MOST_BUILT}"
_FILE = re.compile(r"\s(?:-f|--file)[= ]\s*([\w./-]+)")


def told(it: Validation, ended: Mapping[str, object]) -> dict[str, str]:
    """Return what is to be handed in beside how the command ended; its box is gone by now."""
    if ended["cause"] != "exited":
        return {}
    if ended["exit"] == 0:
        return {"built": asyncio.run(_images(it))}
    if has_begun(it.folder):
        return {"lacks": _lacks(it)}
    return {"cause": "crashed", "words": NO_BUILDER}


async def _images(it: Validation) -> str:
    """Return what buildah says of the images that are there, as JSON; else nothing."""
    box = for_validation(it.folder, it.order, it.plan)
    try:
        async with asyncio.timeout(SECONDS):
            _, said, _ = await run(it.folder, it.order, box, begun(_LIST))
    except TimeoutError:
        return ""
    return said.encode("utf-8", "replace").decode()


def _lacks(it: Validation) -> str:
    """Say which image that its Dockerfile begins with a build cannot have; else nothing.

    What may reach hosts may have had it from them.
    """
    definition = it.plan.definition
    if definition.egress:
        return ""
    named = _FILE.findall(definition.run) or NAMES
    found = (each for text in _texts(it, named) for each in bases(text))
    return next(filter(None, (lacking(each, definition.bases) for each in found)), "")


def _texts(it: Validation, names: Sequence[str]) -> list[str]:
    """Read files of the workspace, if they are plain ones."""
    try:
        top = os.open(it.folder.workspace, plainfile.FOLDER)
    except OSError:
        return []
    try:
        found = [plainfile.read(top, name, MOST) for name in names]
    finally:
        os.close(top)
    return [data.decode("utf-8", "replace") for data in found if data is not None]
