"""How single values of a configuration are written, and what is said of one that is not.

Each class stands in an `Annotated` type: it reads a value, or raises the error that
`bot.rules.complaints` puts into words, and says in JSON Schema what it reads.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from bot.rules.agents import Allow
from bot.rules.grammar import nearest
from bot.rules.roles import NAMES, Role

OURS = "ours"
"""The type of the errors that are made here."""

MINUTE, HOUR, DAY = 60, 60 * 60, 24 * 60 * 60
UNITS: Mapping[str, int] = {"d": DAY, "h": HOUR, "m": MINUTE, "s": 1}
TIME = r"[1-9][0-9]{0,5}[smhd]"
TEAM = r"team:[a-zA-Z0-9][a-zA-Z0-9-]*/[a-z0-9_][a-z0-9_-]*"
MOST_ROLE = 100
MOST_WHO = 20


class Seconds(int):
    """A length of time in whole seconds.  In a file it is text such as `30m`."""

    def __str__(self) -> str:
        name = next(unit for unit, size in UNITS.items() if self % size == 0)
        return f"{self // UNITS[name]}{name}"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Show it in JSON Schema as it is written."""
        shown = core_schema.plain_serializer_function_ser_schema(str)
        return core_schema.no_info_plain_validator_function(cls, serialization=shown)


def wrong(words: str, remedy: str) -> PydanticCustomError:
    """Make the error of a value; `{found}` in the words stands for what was written."""
    return PydanticCustomError(OURS, "{words} {remedy}", {"words": words, "remedy": remedy})


class _Word(ABC):
    """Something that is read from text."""

    @abstractmethod
    def read(self, value: object) -> object:
        """Return what the value means, or raise what `wrong` makes."""

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """Say the same in JSON Schema."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Let pydantic read by `read`."""
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe by `schema`."""
        return self.schema()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelled(_Word):
    """Text that matches a pattern whole, of a length.

    Attributes:
        what: what such a text is, with its article.
        example: one that is right.
        never: a pattern that must not be found in it.
    """

    pattern: str
    what: str
    example: str
    most: int = 200
    never: str = "(?!)"

    def read(self, value: object) -> object:
        """Return the text as it is."""
        fits = (
            isinstance(value, str)
            and len(value) <= self.most
            and re.fullmatch(self.pattern, value)
            and not re.search(self.never, value)
        )
        if fits:
            return value
        limit = f" of up to {self.most} characters" if self.most < len(str(value)) else ""
        raise wrong(f"{{found}} is not {self.what}{limit}.", f"Write it like `{self.example}`.")

    def schema(self) -> dict[str, Any]:
        """Say the same in JSON Schema, whose patterns fit anywhere in a text."""
        return {
            "type": "string",
            "pattern": f"^(?:{self.pattern})$",
            "maxLength": self.most,
            "examples": [self.example],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf(_Word):
    """One of some words.

    Attributes:
        what: what the words are, in the plural.
    """

    words: Collection[str]
    what: str

    def read(self, value: object) -> object:
        """Return the word as it is."""
        if isinstance(value, str) and value in self.words:
            return value
        listed = ", ".join(f"`{word}`" for word in self.words)
        near = nearest(value, self.words) if isinstance(value, str) else None
        remedy = f"Write `{near}`." if near else f"There are: {listed}."
        raise wrong(f"{{found}} is none of the {self.what}.", remedy)

    def schema(self) -> dict[str, Any]:
        """Say the same in JSON Schema."""
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Time(_Word):
    """A length of time between two others, such as `30m`."""

    least: Seconds
    most: Seconds

    def read(self, value: object) -> object:
        """Return it in seconds."""
        seconds = value if isinstance(value, Seconds) else seconds_of(value)
        if seconds is None:
            remedy = "Write a number with its unit, s, m, h or d, such as `30m`."
            raise wrong("{found} is no length of time.", remedy)
        if not self.least <= seconds <= self.most:
            raise wrong(
                "{found} is too short or too long.",
                f"Write something from `{self.least}` to `{self.most}`.",
            )
        return seconds

    def schema(self) -> dict[str, Any]:
        """Say the same in JSON Schema, without the bounds."""
        return {"type": "string", "pattern": f"^{TIME}$", "examples": [str(self.most)]}


def seconds_of(value: object) -> Seconds | None:
    """Read a length of time; None for what is none."""
    if not isinstance(value, str) or not re.fullmatch(TIME, value, re.ASCII):
        return None
    return Seconds(int(value[:-1]) * UNITS[value[-1]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Who(_Word):
    """Who may start an agent: a role, or a list of a role and teams."""

    def read(self, value: object) -> object:
        """Return it as `Allow`; a list without a role allows its teams alone."""
        if isinstance(value, Allow):
            return value
        names = (value,) if isinstance(value, str) else value
        if not isinstance(names, tuple) or not 0 < len(names) <= MOST_WHO:
            raise wrong("{found} does not say who.", "Write a role, such as `write`, or a list.")
        texts = [name for name in names if isinstance(name, str)]
        teams = tuple(name.removeprefix("team:") for name in texts if name.startswith("team:"))
        roles = [name for name in texts if not name.startswith("team:")]
        if len(texts) < len(names) or len(roles) > 1:
            raise wrong(
                "{found} names more than one role.", "Name one role: it stands for more too."
            )
        for name in texts:
            _check_who(name)
        return Allow(role=roles[0] if roles else "", teams=teams)

    def schema(self) -> dict[str, Any]:
        """Say the same in JSON Schema."""
        name = {"type": "string", "maxLength": MOST_ROLE}
        several = {"type": "array", "items": name, "minItems": 1, "maxItems": MOST_WHO}
        return {"anyOf": [name, several], "examples": ["write", ["maintain", "team:acme/bots"]]}


def _check_who(name: str) -> None:
    if name.startswith("team:"):
        if not re.fullmatch(TEAM, name, re.ASCII):
            raise wrong("{found} names no team.", "Write it like `team:acme/reviewers`.")
    elif name.lower() == str(Role.NONE) or not name.strip() or len(name) > MOST_ROLE:
        raise wrong(
            "{found} is no role.", "Write `read`, `triage`, `write`, `maintain` or `admin`."
        )
    elif name.lower() in NAMES and name not in NAMES:
        raise wrong("{found} is not as GitHub writes it.", f"Write `{name.lower()}`.")
