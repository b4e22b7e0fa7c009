"""The settings of `.github/greenroom.yml`: their shapes, defaults and words for people.

The JSON Schema in `docs/` and the tables there are made from these classes.
"""

import re
from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

from pydantic import BeforeValidator, ConfigDict, Field, Strict, WithJsonSchema
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

T = TypeVar("T")

CI = Literal["approve", "auto"]

PROTECT: tuple[str, ...] = (".github/**", "CODEOWNERS", "docs/CODEOWNERS")
"""Paths that no agent changes without a person: they decide what runs and who reviews."""

NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
"""Names of agents, validations and toolboxes: they stand in commands, labels and branches."""

MOST_NAME = 40

MINUTE, HOUR, DAY = 60, 60 * 60, 24 * 60 * 60
UNITS = {"s": 1, "m": MINUTE, "h": HOUR, "d": DAY}

SHAPE = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Seconds(int):
    """A length of time in whole seconds.  In a file it is text such as `30m`."""


def wrong(words: str, remedy: str) -> PydanticCustomError:
    """Make the error of a value that is not what it should be.

    `words` may hold `{found}`, which stands for the value as it was written.
    """
    return PydanticCustomError("ours", "{words}", {"words": words, "remedy": remedy})


def spelled(pattern: str, most: int, words: str, remedy: str) -> Callable[[object], str]:
    """Make a reader of text that matches a pattern whole and has at most `most` characters."""
    whole = re.compile(pattern)

    def read(value: object) -> str:
        if not isinstance(value, str) or len(value) > most or not whole.fullmatch(value):
            raise wrong(words, remedy)
        return value

    return read


def read_seconds(value: object) -> Seconds:
    """Read a length of time such as `30m`."""
    if isinstance(value, Seconds):
        return value
    match = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", value) if isinstance(value, str) else None
    if match is None:
        raise wrong(
            "{found} is no length of time.",
            "Write a number and its unit, s, m, h or d, such as `30m` or `14d`.",
        )
    return Seconds(int(match[1]) * UNITS[match[2]])


def between(least: str, most: str) -> Callable[[Seconds], Seconds]:
    """Make a check that a length of time lies between two others."""
    bounds = (read_seconds(least), read_seconds(most))

    def check(value: Seconds) -> Seconds:
        if not bounds[0] <= value <= bounds[1]:
            raise wrong(
                f"{{found}} is not between `{least}` and `{most}`.",
                f"Write a length of time from `{least}` to `{most}`.",
            )
        return value

    return check


Whole = Annotated[int, Strict(), Field(ge=1)]
Dollars = Annotated[float, Strict(), Field(ge=0, allow_inf_nan=False)]
YesNo = Annotated[bool, Strict()]


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Commands:
    """How commands are written.

    Attributes:
        prefix: the word after the slash.
        bare: whether the agents' own commands work without the prefix.
    """

    prefix: str = "gr"
    bare: YesNo = False


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class RunLimits:
    """How many runs a repository may have."""

    concurrent: Whole = 3
    per_day: Whole = 50


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class CostLimits:
    """What runs may cost, in US dollars."""

    per_run: Dollars = 5.0
    per_day: Dollars = 50.0


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class TimeLimits:
    """How long a job may work and a run may wait."""

    job: int = Seconds(30 * MINUTE)
    parked: int = Seconds(14 * DAY)


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Quota:
    """What runs may use up."""

    runs: RunLimits = Field(default_factory=RunLimits)
    cost: CostLimits = Field(default_factory=CostLimits)
    time: TimeLimits = Field(default_factory=TimeLimits)
    handoffs: Annotated[int, Strict(), Field(ge=0)] = 5


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Commits:
    """How an agent's commits are made."""

    sign_off: YesNo = False
    signed: YesNo = False


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class PullRequests:
    """How an agent's pull requests are opened."""

    draft: YesNo = False


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Egress:
    """Hosts that an agent may reach beside the model."""

    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Setup:
    """What prepares a workspace, without a model and without secrets."""

    run: str
    inputs: tuple[str, ...] = ()
    egress: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Toolbox:
    """A read-only tree of tools, an OCI image by its digest."""

    image: str


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Validation:
    """A named command that runs away from the agent, over a snapshot of its tree."""

    run: str
    toolboxes: tuple[str, ...] = ()
    image: str | None = None
    report: str | None = None
    timeout: int = Seconds(10 * MINUTE)
