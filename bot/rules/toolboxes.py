"""Which toolboxes stand beside a job, and what its programs are told of them.

A toolbox is a folder of tools, read-only, at `/toolbox/NAME`.  Its `bin` is on the PATH; what
else is to be set, it says in a `toolbox.json` of its own, so that the same folder works from
an image and from an operator's disk.
"""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from bot.model.errors import Refused
from bot.model.validations import Toolbox
from bot.rules.images import coded

SAYS = "toolbox.json"
"""The file in a toolbox that says what is to be set."""

MOST_SAID = 64 * 1024
"""Bytes of that file."""

HERE = "{toolbox}"
"""What stands in it for the folder of the toolbox itself."""

KINDS: Mapping[str, tuple[str, ...]] = {
    "bun": ("bun.lock", "bun.lockb"),
    "deno": ("deno.json", "deno.jsonc", "deno.lock"),
    "dotnet": ("*.csproj", "*.fsproj", "*.sln", "global.json"),
    "go": ("go.mod", "go.work"),
    "java": ("pom.xml", "build.gradle", "build.gradle.kts", "gradlew", "mvnw"),
    "node": ("package.json",),
    "php": ("composer.json",),
    "python": (
        "pyproject.toml",
        "setup.py",
        "setup.cfg",
        "requirements*.txt",
        "Pipfile",
        "tox.ini",
    ),
    "ruby": ("Gemfile", "*.gemspec"),
    "rust": ("Cargo.toml",),
}
"""The files by which a repository shows that it needs tools of a kind.

A toolbox is of a kind by its name, whatever version follows: `python`, `python-3-12`, `node20`.
"""

MOST_DEEP = 1
"""Folders that such a file may lie in: deeper ones are samples more often than projects."""

MOST_TOLD = 8
"""Programs that are named when several toolboxes have them."""

_VERSION = re.compile(r"[-.0-9]+\Z")
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*(?:/[A-Za-z0-9][A-Za-z0-9._+-]*)*", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
_MOST_VALUE = 1000

# These lead programs to their libraries, their identity, their proxy and their model: they
# are the box's to set, or nobody's.
_KEPT = frozenset({"PATH", "HOME", "SHELL", "USER", "LOGNAME", "TERM", "LANG", "ENV", "IFS"})
_KEPT_PREFIXES = ("LD_", "GIT_", "GREENROOM_", "BASH_", "SSL_")
_KEPT_SUFFIXES = ("_PROXY", "_API_KEY", "_BASE_URL", "_TOKEN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a toolbox says of itself.

    Attributes:
        path: its folders with programs, from its top.
        environment: variables; `{toolbox}` in one stands for where it lies.
    """

    path: tuple[str, ...] = ("bin",)
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What programs are told of the toolboxes beside them.

    Attributes:
        path: folders for the front of PATH, the first one first.
        environment: further variables.
        conflicts: a sentence for each thing that two of them want.
    """

    path: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()


def chosen(
    offered: Iterable[Toolbox], *, named: Collection[str], files: Collection[str]
) -> tuple[Toolbox, ...]:
    """Choose the toolboxes of an agent among those that configuration has.

    Args:
        offered: all of them.
        named: those that its validations name, which it gets in any case.
        files: the paths of the repository, to see what it needs.
    """
    shown = frozenset(_shown(files))
    return tuple(
        each
        for each in offered
        if each.name in named or (kind := kind_of(each.name)) is None or kind in shown
    )


def kind_of(name: str) -> str | None:
    """Return which kind of toolbox this is by its name; None for one that is for everybody."""
    plain = _VERSION.sub("", name)
    return plain if plain in KINDS else None


def read_tools(data: bytes) -> Tools:
    """Read a `toolbox.json`.

    Raises:
        Refused: `toolbox`: it says something else than it may.
    """
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        raise _wrong("cannot be read") from None
    if not isinstance(said, dict) or not said.keys() <= {"path", "environment"}:
        raise _wrong("may say `path` and `environment`, and nothing else")
    return Tools(
        path=_path(said.get("path", ["bin"])),
        environment=_environment(said.get("environment", {})),
    )


def composed(boxes: Mapping[str, tuple[Tools, Collection[str]]]) -> Surroundings:
    """Put together what toolboxes say; of two that want the same, the first one has it.

    Args:
        boxes: by name, what each says, and the names of its programs.
    """
    path: list[str] = []
    environment: dict[str, str] = {}
    came: dict[str, str] = {}
    conflicts = list(_twice({name: programs for name, (_, programs) in boxes.items()}))
    for name, (tools, _) in boxes.items():
        top = f"/toolbox/{name}"
        path += (f"{top}/{each}" for each in tools.path)
        for variable, text in tools.environment.items():
            value = text.replace(HERE, top)
            if environment.setdefault(variable, value) != value:
                conflicts.append(
                    f"The toolboxes `{came[variable]}` and `{name}` both set {variable}; "
                    f"that of `{came[variable]}` is used."
                )
            came.setdefault(variable, name)
    return Surroundings(path=tuple(path), environment=environment, conflicts=tuple(conflicts))


def _shown(files: Iterable[str]) -> Iterator[str]:
    """Yield the kinds of tools that a repository shows to need."""
    for path in files:
        if path.count("/") <= MOST_DEEP:
            name = path.rpartition("/")[2]
            for kind, patterns in KINDS.items():
                if any(fnmatchcase(name, each) for each in patterns):
                    yield kind


def _path(said: Any) -> tuple[str, ...]:
    folders = said if isinstance(said, list) else [None]
    if not all(isinstance(each, str) and _FOLDER.fullmatch(each) for each in folders):
        raise _wrong("has to give `path` as a list of folders below its own")
    return tuple(folders)


def _environment(said: Any) -> Mapping[str, str]:
    if not isinstance(said, dict):
        raise _wrong("has to give `environment` as names and texts")
    for name, value in said.items():
        if not _VARIABLE.fullmatch(name) or _is_kept(name.upper()):
            raise _wrong(f"may not set {coded(name)}")
        if not isinstance(value, str) or not value.isprintable() or len(value) > _MOST_VALUE:
            raise _wrong(f"has to give {name} as a line of {_MOST_VALUE} characters at most")
    return said


def _is_kept(name: str) -> bool:
    return name in _KEPT or name.startswith(_KEPT_PREFIXES) or name.endswith(_KEPT_SUFFIXES)


def _twice(programs: Mapping[str, Collection[str]]) -> Iterator[str]:
    """Say which programs several toolboxes have, a sentence for each set of toolboxes."""
    owners: defaultdict[str, list[str]] = defaultdict(list)
    for box, names in programs.items():
        for name in names:
            owners[name].append(box)
    shared: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, boxes in owners.items():
        if len(boxes) > 1:
            shared[tuple(boxes)].append(name)
    for boxes_, names in shared.items():
        listed = ", ".join(f"`{each}`" for each in boxes_)
        told = ", ".join(map(coded, sorted(names)[:MOST_TOLD])) + (
            " …" if len(names) > MOST_TOLD else ""
        )
        yield f"The toolboxes {listed} all have {told}; that of `{boxes_[0]}` is used."


def _wrong(words: str) -> Refused:
    return Refused("toolbox", f"its {SAYS} {words}.")
