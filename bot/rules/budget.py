"""Money and turns: what is set aside before a request to a model, and who refuses what.

What is set aside is the most that a request can cost.  So the sum of what is set aside and
what was spent never passes a limit, whatever the answers turn out to be.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.model.errors import Refused
from bot.model.facts import RunNow
from bot.model.models import Ask, Price, Provider, Usage
from bot.model.money import Micros, shown
from bot.rules.prices import DEFAULT, Catalogue, Known

BYTES = 2
"""Bytes of a request for one token.  Prose and code have three to five, hex and base64 two."""

MOST_OUTPUT = 32_000
"""Tokens of an answer to a request that does not say how many it may have."""

DAY = 24 * 60 * 60
REACHED = "It has reached its budget of"
GOES_ON = "goes on."
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One limit that a request has to keep.

    Attributes:
        scope: what the limit is for: `run:ID`, `repo:ID`, `owner:LOGIN`, `all`.
        day: days since 1970 (UTC); 0 where the limit is not for a day.
        words: what is said when it is reached.
    """

    scope: str
    day: int
    limit: Micros
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spender:
    """Whose request it is.

    Attributes:
        run: the first of the runs that go on from one another; they have one budget.
        per_run: what they may cost, with what people have added.
        per_day: what all runs of the repository may cost within a day.
        org_per_day: what all runs of the owner may, as the organization itself says.
        prefix: the word after the slash of commands there.
    """

    run: str
    repo_id: int
    owner: str
    per_run: Micros | None
    per_day: Micros | None
    org_per_day: Micros | None
    prefix: str


def chosen(ask: Ask, catalogue: Catalogue) -> Ask:
    """Return a request with the name of its model, and with a bound for its answer.

    Raises:
        Refused: `model`, it is not to be asked here.
    """
    model = catalogue.named(ask.provider, ask.model)
    if model == DEFAULT:
        raise Refused("model", f"No model of {ask.provider} is named, and none is the default.")
    if not catalogue.allows(ask.provider, model):
        raise Refused("model", f"The model `{model}` may not be used here.")
    known = catalogue.known(ask.provider, model)
    if known is None:
        return replace(ask, model=model)
    most = min(ask.most_output or MOST_OUTPUT, known.output)
    return replace(ask, model=model, most_output=most)


def dearest(ask: Ask, known: Known | None) -> Micros:
    """Return the most that a request can cost; 0 where no price is known."""
    if known is None:
        return Micros(0)
    asked = min(ask.size // BYTES + 1, known.context)
    price = known.at(asked)
    input_price = max(price.input, price.written)
    return _sum(asked * input_price + (ask.most_output or MOST_OUTPUT) * price.output)


def cost(usage: Usage, known: Known) -> Micros:
    """Return what a request has cost."""
    price = known.at(usage.input + usage.cached + usage.written)
    return _sum(_input(usage, price) + usage.output * price.output)


def cut_off(usage: Usage, ask: Ask, known: Known) -> Micros:
    """Return the most that a request may have cost whose answer was not heard to its end."""
    if usage == Usage():
        return dearest(ask, known)
    return cost(replace(usage, output=max(usage.output, ask.most_output or MOST_OUTPUT)), known)


def holds(spender: Spender, catalogue: Catalogue, now: float) -> Sequence[Hold]:
    """Return the limits of a request, the narrowest first; `now` is in Unix seconds."""
    day = int(now // DAY)
    per_owner = [each for each in (catalogue.per_owner, spender.org_per_day) if each is not None]
    goes_on = f"`/{spender.prefix} continue +$2` {GOES_ON}"
    some = (
        (f"run:{spender.run}", 0, spender.per_run, f"{REACHED} {{}}. {goes_on}"),
        (f"repo:{spender.repo_id}", day, spender.per_day, _today("this repository")),
        (f"owner:{spender.owner}", day, min(per_owner, default=None), _today(spender.owner)),
        ("all", day, catalogue.per_day, _today("all repositories")),
    )
    return [
        Hold(scope=scope, day=on, limit=limit, words=words.format(shown(limit)))
        for scope, on, limit, words in some
        if limit is not None
    ]


def tells_the_way(words: str) -> bool:
    """Tell whether a run was refused more money in these words, and told how it goes on."""
    return words.startswith(REACHED) and words.endswith(GOES_ON)


def used_up(past: RunNow, per_run: Micros | None, added: Micros) -> Micros | None:
    """Return what a run had that has ended for its budget, if one that goes on has no more.

    Such a one would end at its first request.

    Args:
        past: the run that has ended.
        per_run: what a run may cost now.
        added: what people add to that.
    """
    if past.budget is None or per_run is None or not tells_the_way(past.words):
        return None
    return past.budget if per_run + past.extra + added <= past.budget else None


def unpriced(ask: Ask) -> Refused:
    """Refuse a model of which nobody knows what it costs, where there are limits to keep."""
    words = f"No price is known of the model `{ask.model}`, so no budget could be kept."
    return Refused("model", f"{words} The operator can tell it.")


def sold_by_the_token(provider: Provider) -> bool:
    """Tell whether a model of which no price is known costs something all the same."""
    return provider != "compatible"


def _today(whose: str) -> str:
    return f"Runs of {whose} have reached their budget of {{}} for today."


def _input(usage: Usage, price: Price) -> int:
    return usage.input * price.input + usage.cached * price.cached + usage.written * price.written


def _sum(of_millionths: int) -> Micros:
    """Round up: a price is for a million tokens."""
    return Micros(-(-of_millionths // _MILLION))
