"""What stands beside a validation's command, or under it: images, and servers made of them."""

from bot.harness.boxes import tree_of
from bot.model.errors import Refused
from bot.model.validations import Definition
from bot.sandbox import roots
from bot.sandbox.folder import Order

NO_IMAGE = "This runner has no images, and the validation wants one."


def lacking(order: Order, definition: Definition) -> str:
    """Say why a definition's image cannot be had here; nothing where it can."""
    if definition.image is None:
        return ""
    try:
        tree = tree_of(order, definition.image)
        roots.check(tree)
        roots.check_shell(tree)
    except KeyError:
        return NO_IMAGE
    except Refused as problem:
        return f"The image `{definition.image}` {problem.words}"
    return ""
