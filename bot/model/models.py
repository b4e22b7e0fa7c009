"""Requests to language models, and what they cost, whatever dialect they are made in."""

from dataclasses import dataclass, field
from typing import Literal

from bot.model.money import Micros

NOTHING = Micros(0)

Provider = Literal["anthropic", "openai", "gemini", "compatible"]
"""Whose interface a request is made by; `compatible` is anybody's that speaks OpenAI's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What one request asks for.

    Attributes:
        model: its name, as the provider knows it.
        stream: whether the answer is to come piece by piece.
        most_output: tokens that the answer may have; None where the request does not say.
        size: bytes of the request, which bound its tokens.
    """

    provider: Provider
    model: str
    stream: bool
    most_output: int | None
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens that one request has used; none is counted in two of these.

    Attributes:
        input: read, and not from a cache.
        cached: read from the provider's cache.
        written: read and kept in the provider's cache.
        output: written, thoughts included.
    """

    input: int = 0
    cached: int = 0
    written: int = 0
    output: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a million tokens of a model cost, by kind as in `Usage`."""

    input: Micros
    cached: Micros
    written: Micros
    output: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """How much runs of one repository may cost; None has no limit.

    Attributes:
        per_run: all jobs of one run together.
        per_day: all runs of the repository within a day (UTC).
        org_per_day: all runs of its organization within a day, as the organization says.
    """

    per_run: Micros | None = None
    per_day: Micros | None = None
    org_per_day: Micros | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a run has used of models so far.

    Attributes:
        models: their names, in the order of their first use.
        turns: requests that were answered.
        cost: of these, None where no price is known.
    """

    models: tuple[str, ...] = ()
    turns: int = 0
    usage: Usage = field(default_factory=Usage)
    cost: Micros | None = None
