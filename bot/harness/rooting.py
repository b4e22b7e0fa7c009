"""Boxes whose root is an image: what of it they see, and what it tells their programs."""

from dataclasses import dataclass, replace
from pathlib import Path

from bot.rules.imageconfig import ImageConfig
from bot.sandbox import roots
from bot.sandbox.box import Box
from bot.sandbox.folder import Order

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where programs are looked for in an image that does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image that a runner has.

    Attributes:
        tree: its files; nobody writes to them any more.
        config: what it says of its programs.
    """

    tree: Path
    config: ImageConfig


def image_of(order: Order, name: str) -> Image:
    """Return an image.

    Raises:
        KeyError: the runner does not have it.
        Refused: `image`: it says of itself what cannot be done.
    """
    tree = Path(dict(order.roots)[name])
    return Image(tree=tree, config=roots.config(tree))


def in_image(box: Box, image: Image, etc: Path, *, usual: str) -> Box:
    """Give a box an image for its root.

    What the box tells its programs goes before what the image does, but for the PATH and the
    language: where its programs are, and what it can speak, an image knows best.

    Args:
        box: what else it has; nothing of the image is seen where that lies.
        image: its root.
        etc: a folder to be filled, of this box alone.
        usual: the end of the box's PATH that leads to the host's programs.

    Raises:
        Refused: `image`: it cannot be the root of a box.
    """
    roots.write_etc(image.tree, etc)
    said = dict(image.config.environment)
    before = box.environment["PATH"].removesuffix(usual)
    ours = {name: value for name, value in box.environment.items() if name != "LANG"}
    lies = (*(each.target for each in box.binds), *(at for _, at in box.links))
    return replace(
        box,
        root=roots.laid_out(image.tree, lies),
        etc=str(etc),
        environment=said | ours | {"PATH": before + said.get("PATH", PATH)},
    )
