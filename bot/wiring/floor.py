"""The operator's own settings for repositories, for the processes that decide by them."""

from bot.model.errors import Misconfigured
from bot.model.settings import Settings
from bot.rules.layers import SETTINGS
from bot.rules.repoconfig import Layer, mistakes


def floor_of(settings: Settings) -> Layer | None:
    """Read the operator's own settings for repositories.

    Raises:
        Misconfigured: they cannot be read, or are wrong; with the first mistake.
    """
    if settings.floor is None:
        return None
    try:
        text = settings.floor.read_text(encoding="utf-8")
    except (OSError, ValueError):
        words = f"GREENROOM_FLOOR is wrong: {settings.floor} cannot be read."
        raise Misconfigured(words) from None
    layer = Layer(where="operator", files={SETTINGS: text})
    for each in mistakes(layer):
        raise Misconfigured(f"{settings.floor}:{each.line}: {each.words} {each.remedy}")
    return layer
