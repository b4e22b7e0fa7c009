"""Which models may be used, and what they cost: a table as data, and the operator's beside it.

Both are YAML of one shape; what the operator says of a model takes the place of what we know.
Prices are dollars for a million tokens, as the providers publish them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.model.errors import Misconfigured
from bot.model.models import Price, Provider
from bot.model.money import Micros, micros

DEFAULT = "default"
"""The name of a model that stands for the operator's choice."""

OUTPUT = 32_000
CONTEXT = 1_000_000
"""Tokens of a model of which nothing else is known."""

# claude-sonnet-4-5-20250929, gpt-4o-2024-08-06, gemini-2.5-flash-preview-05-20
_DATED = re.compile(r"(?:-(?:\d{8}|\d{4}-\d{2}-\d{2}|preview-\d{2}-\d{2,4}|latest|\d{3}))$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a model.

    Attributes:
        output: tokens that an answer may have.
        context: tokens that a request may have.
        above: tokens of a request from which on another price holds; 0 for none.
        long: that price.
    """

    price: Price
    output: int = OUTPUT
    context: int = CONTEXT
    above: int = 0
    long: Price | None = None

    def at(self, asked: int) -> Price:
        """Return the price of a request of this many tokens."""
        return self.long if self.long and asked > self.above else self.price


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The models.

    Attributes:
        allow: globs of their names; empty for all of which a price is known, and all of
            `compatible`, whose owners need not sell them by the token.
        defaults: which one `default` stands for.
        per_day: what all runs together may cost within a day (UTC); None for no limit.
        per_owner: the same, for each owner of repositories.
    """

    models: Mapping[Provider, Mapping[str, Known]] = field(default_factory=dict)
    allow: tuple[str, ...] = ()
    defaults: Mapping[Provider, str] = field(default_factory=dict)
    per_day: Micros | None = None
    per_owner: Micros | None = None

    def named(self, provider: Provider, model: str) -> str:
        """Return the name that a model has at its provider."""
        return self.defaults.get(provider, model) if model == DEFAULT else model

    def known(self, provider: Provider, model: str) -> Known | None:
        """Return what is known of a model; that of a day is priced as what it is a version of."""
        models = self.models.get(provider, {})
        return models.get(model) or models.get(_DATED.sub("", model))

    def allows(self, provider: Provider, model: str) -> bool:
        """Tell whether a model may be asked."""
        if self.allow:
            return any(fnmatchcase(model, each) for each in self.allow)
        return provider == "compatible" or self.known(provider, model) is not None


def catalogue(text: str, what: str) -> Catalogue:
    """Read a table.

    Raises:
        Misconfigured: it is none; `what` names it.
    """
    try:
        said = YAML(typ="safe", pure=True).load(text)
        return _Table.model_validate(said or {}).catalogue()
    except YAMLError:
        raise Misconfigured(f"{what} is wrong: it is no YAML.") from None
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise Misconfigured(f"{what} is wrong: {where}: {first['msg']}.") from None


def over(ours: Catalogue, theirs: Catalogue) -> Catalogue:
    """Lay the operator's table over ours."""
    providers = {*ours.models, *theirs.models}
    models = {
        each: {**ours.models.get(each, {}), **theirs.models.get(each, {})} for each in providers
    }
    return replace(theirs, models=models, defaults={**ours.defaults, **theirs.defaults})


Dollars = Annotated[Decimal, Field(ge=0, le=100_000)]
Count = Annotated[int, Field(ge=1, le=100_000_000)]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _Price(_Shape):
    """The price of reading from the cache, and of writing to it, is the input's where unsaid."""

    input: Dollars
    output: Dollars
    cached: Dollars | None = None
    written: Dollars | None = None

    def price(self) -> Price:
        cached = self.input if self.cached is None else self.cached
        written = self.input if self.written is None else self.written
        return Price(
            input=micros(self.input),
            cached=micros(cached),
            written=micros(written),
            output=micros(self.output),
        )


class _Long(_Price):
    above: Count


class _Model(_Price):
    """`as_of` is for people: the day on which its price was last seen published."""

    as_of: str = ""
    most_output: Count = OUTPUT
    context: Count = CONTEXT
    long: _Long | None = None

    def known(self) -> Known:
        return Known(
            price=self.price(),
            output=self.most_output,
            context=self.context,
            above=self.long.above if self.long else 0,
            long=self.long.price() if self.long else None,
        )


class _Table(_Shape):
    as_of: str = ""
    sources: dict[str, str] = {}
    allow: tuple[str, ...] = ()
    defaults: dict[Provider, str] = {}
    per_day: Dollars | None = None
    per_owner: Dollars | None = None
    models: dict[Provider, dict[str, _Model]] = {}

    def catalogue(self) -> Catalogue:
        return Catalogue(
            models={
                provider: {name: model.known() for name, model in some.items()}
                for provider, some in self.models.items()
            },
            allow=self.allow,
            defaults=self.defaults,
            per_day=None if self.per_day is None else micros(self.per_day),
            per_owner=None if self.per_owner is None else micros(self.per_owner),
        )
