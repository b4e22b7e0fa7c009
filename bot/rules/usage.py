"""What a run has used of models, and where it has been, as lines for people."""

from collections.abc import Sequence

from bot.model.models import Spent
from bot.model.money import shown
from bot.rules.egress import OTHERS, PORT, Reached
from bot.rules.markdown import clip, inline

MOST_MODELS = 3
"""Models that are told by name: an agent may ask for one after the other."""

MOST_NAME = 60
"""Characters of a model's name."""

MOST_HOSTS = 10
"""Hosts that are told by name, of those that were reached and of those that were not."""

NO_PRICE = "price not known"


def used(spent: Spent) -> str:
    """Tell models, turns, tokens and money; nothing where no model was asked."""
    if not spent.turns:
        return ""
    turns = "1 turn" if spent.turns == 1 else f"{spent.turns:,} turns"
    cost = NO_PRICE if spent.cost is None else shown(spent.cost)
    return " · ".join((_models(spent), turns, _tokens(spent), cost))


def visited(hosts: Sequence[Reached]) -> str:
    """Tell which hosts were reached and which were refused, how often; nothing of no host."""
    kinds = (("Reached", True), ("Refused", False))
    told = ((word, [each for each in hosts if each.allowed is kind]) for word, kind in kinds)
    return ". ".join(f"{word}: {_hosts(some)}" for word, some in told if some)


def _hosts(some: Sequence[Reached]) -> str:
    shown = [f"{_host(each)} ({each.times:,})" for each in some[:MOST_HOSTS]]
    left = len(some) - len(shown)
    return ", ".join([*shown, *([f"{left} more"] if left else [])])


def _host(each: Reached) -> str:
    """Name a host in full: the end of a name says whose it is."""
    if each.host == OTHERS:
        return "others"
    return f"`{each.host}`" if each.port == PORT else f"`{each.host}:{each.port}`"


def _models(spent: Spent) -> str:
    names = [f"`{_name(each)}`" for each in spent.models[:MOST_MODELS]]
    left = len(spent.models) - len(names)
    return ", ".join([*names, *([f"{left} more"] if left else [])])


def _name(model: str) -> str:
    """Make a name fit for code in a line: agents send what they like."""
    return inline(clip(model.replace("`", "'"), MOST_NAME))


def _tokens(spent: Spent) -> str:
    usage = spent.usage
    cached = f" ({usage.cached:,} from a cache)" if usage.cached else ""
    read = usage.input + usage.cached + usage.written
    return f"{read:,} tokens read{cached}, {usage.output:,} written"
