"""How the values of a configuration are spelled, and how its settings are described."""

import re
from typing import Annotated, Any

from pydantic import ConfigDict, Field, Strict

from bot.rules.configwords import Spelled

MOST_ENTRIES = 100
"""Entries of any list."""

SHAPE = ConfigDict(extra="forbid", hide_input_in_errors=True)

NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", re.ASCII)
MOST_NAME = 40
Name = Annotated[
    str,
    Spelled(
        pattern=NAME.pattern,
        most=MOST_NAME,
        what="a name in lower-case letters, digits and hyphens",
        example="unit-tests",
    ),
]
"""Names of agents, validations and toolboxes: they stand in commands, labels and branches."""

Prefix = Annotated[
    str,
    Spelled(pattern=NAME.pattern, most=20, what="a word of commands", example="gr"),
]
Glob = Annotated[
    str,
    Spelled(
        pattern=r"[^\\\x00-\x1f!][^\\\x00-\x1f]*",
        never=r"(?:^|/)\.\.(?:/|$)",
        what="a pattern of paths",
        example="docs/**",
    ),
]
File = Annotated[
    str,
    Spelled(
        pattern=r"[^/\\\x00-\x1f][^\\\x00-\x1f]*",
        never=r"(?:^|/)\.\.(?:/|$)",
        what="a path from the top of the repository",
        example="report.xml",
    ),
]
Host = Annotated[
    str,
    Spelled(
        pattern=r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])",
        most=253,
        what="a host's name, without scheme and path",
        example="packages.example.com",
    ),
]
EXAMPLE_IMAGE = f"registry.example/tools/python@sha256:{'0' * 64}"
Image = Annotated[
    str,
    Spelled(
        pattern=r"[a-z0-9][a-z0-9._-]*(?::[0-9]+)?(?:/[a-z0-9][a-z0-9._-]*)+(?::[\w.-]+)?@sha256:[0-9a-f]{64}",
        most=400,
        what="an image by its digest",
        example=EXAMPLE_IMAGE,
    ),
]
Place = Annotated[
    str,
    Spelled(
        pattern=r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,4})?(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+",
        most=300,
        what="a registry and the name of an image there, without tag and digest",
        example="docker.io/library/debian",
    ),
]
Slug = Annotated[
    str,
    Spelled(
        pattern=r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?",
        most=100,
        what="an app's slug, without `[bot]`",
        example="dependabot",
    ),
]
Variable = Annotated[
    str,
    Spelled(
        pattern=r"[A-Za-z_][A-Za-z0-9_]*",
        most=100,
        what="the name of a variable",
        example="POSTGRES_PASSWORD",
    ),
]
Value = Annotated[
    str, Spelled(pattern=r"[^\x00]*", most=1000, what="text, in quotes", example='"5"')
]
Script = Annotated[
    str,
    Spelled(
        pattern=r"(?s)[^\x00]*[^\x00\s][^\x00]*", most=4000, what="a command", example="pytest -q"
    ),
]
Model = Annotated[
    str,
    Spelled(
        pattern=r"[A-Za-z0-9][A-Za-z0-9._:/@-]*",
        most=100,
        what="the name of a model",
        example="claude-sonnet-4-5",
    ),
]

YesNo = Annotated[bool, Strict()]
Port = Annotated[int, Strict(), Field(ge=1, le=65_535)]
Positive = Annotated[int, Strict(), Field(ge=1, le=100_000)]
Counted = Annotated[int, Strict(), Field(ge=0, le=100_000)]
Dollars = Annotated[float, Strict(), Field(ge=0, le=1_000_000, allow_inf_nan=False)]


def setting(does: str, *, default: Any, example: object = None) -> Any:
    """Describe a setting; a default that is a class is made anew."""
    if isinstance(default, type):
        return Field(default_factory=default, description=does)
    examples = None if example is None else [example]
    return Field(default=default, description=does, examples=examples)


def many(does: str, *examples: object, default: tuple[str, ...] = ()) -> Any:
    """Describe a list of values."""
    return Field(
        default=default, description=does, examples=list(examples), max_length=MOST_ENTRIES
    )


def named(does: str, *examples: object) -> Any:
    """Describe a mapping by names that the reader chooses."""
    return Field(default_factory=dict, description=does, examples=list(examples) or None)
