"""What is looked at for a proposal, and what it is made of.

A part is what one language of the repository asks for.  Everything has its reason, in words
that name a file: who reads the proposal has to see what it was guessed from.
"""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.model.validations import Class

REPORT = "report.xml"
"""Where a validation leaves its report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A folder in which something is built or tested.

    Attributes:
        folder: its name; empty for the top of the repository.
        files: the text of its files by their path from the folder, as far as they are known here.
        tools: names of the formatters and linters that it configures.
        suites: programs that run its tests.
    """

    folder: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    tools: Collection[str] = ()
    suites: Collection[str] = ()

    def first(self, *names: str) -> str:
        """Return the first of these files that is there; empty for none."""
        return next((name for name in names if name in self.files), "")

    def naming(self, word: str) -> str:
        """Name two files at most that have a word in their name or text, which come first."""
        found = [name for name in sorted(self.files) if word in name or word in self.files[name]]
        telling = sorted(
            filter(_is_written, found), key=lambda name: (word not in name, "/" in name)
        )
        return " and ".join(telling[:2]) or "its files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Commands that install what a project needs.

    Attributes:
        inputs: files that decide what is installed.
    """

    steps: tuple[str, ...]
    inputs: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A validation.

    Attributes:
        run: one line for `/bin/sh`.
        report: the file that it leaves; empty for none.
        minutes: how long it may take; None for as long as usual.
        box: the toolbox that it needs; empty for none.
        folder: the project's; empty for the top.
        bases: where the images are that its build begins with.
    """

    name: str
    run: str
    why: str
    report: str = ""
    minutes: int | None = None
    kind: Class = "plain"
    box: str = ""
    folder: str = ""
    bases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one language, or one way to build, asks for.

    Attributes:
        box: the toolbox with its programs; empty for none.
        why: what says so.
    """

    box: str
    why: str
    checks: tuple[Check, ...]
    setup: Setup | None = None


def table(text: str) -> Mapping[str, Any]:
    """Read TOML; what cannot be read says nothing."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def within(found: object, *keys: str) -> Mapping[str, Any]:
    """Return a mapping inside another one; empty where there is none."""
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _is_written(name: str) -> bool:
    """Tell whether people write a file: what tools lock names everything."""
    return "lock" not in name and name != "npm-shrinkwrap.json"
