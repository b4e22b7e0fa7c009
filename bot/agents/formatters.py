"""The formatters and linters that `tidy` knows, and how a repository says that it uses one.

A tool counts as configured only where the repository itself says so: by a file of settings,
by a table in a shared one, by a hook, or by the command in its own scripts.  A row of the
table is all there is to a tool.
"""

import json
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCRIPTS = (
    "Makefile", "justfile", "noxfile.py", "package.json", "tox.ini", ".github/workflows/*.yml",
    ".github/workflows/*.yaml",
)  # fmt: skip
_HOOK = re.compile(r"""^\s*(?:-\s+)?id:\s*["']?([\w.-]+)""", re.MULTILINE)
_LARGEST = 1024**2  # bytes of a settings file that are read


@dataclass(frozen=True, slots=True, kw_only=True)
class Formatter:
    """One way of one tool to change files by itself.

    Attributes:
        name: what people call it.
        program: looked up on PATH.
        fix: arguments that change what can be changed.
        left: arguments that report what remains, one finding a line; empty if it never does.
        files: names or globs whose presence says that it is used.
        tables: keys in pyproject.toml, dotted.
        keys: keys in package.json.
        hooks: ids in .pre-commit-config.yaml.
        commands: words in the repository's own scripts.
        suffixes: for programs that want file names: those of tracked files.
        version: arguments that print the version.
        failed_above: highest exit status of `fix` that is no failure.
    """

    name: str
    program: str
    fix: tuple[str, ...]
    left: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    version: tuple[str, ...] = ("--version",)
    failed_above: int = 0


TABLE = (
    Formatter(
        name="ruff check",
        program="ruff",
        fix=("check", "--fix", "--exit-zero", "--no-cache", "--quiet", "."),
        left=("check", "--no-cache", "--quiet", "--output-format=concise", "."),
        files=("ruff.toml", ".ruff.toml"),
        tables=("tool.ruff",),
        hooks=("ruff", "ruff-check"),
        commands=("ruff check",),
    ),
    Formatter(
        name="isort",
        program="isort",
        fix=("--quiet", "."),
        files=(".isort.cfg",),
        tables=("tool.isort",),
        hooks=("isort",),
    ),
    Formatter(
        name="ruff format",
        program="ruff",
        fix=("format", "--no-cache", "--quiet", "."),
        tables=("tool.ruff.format",),
        hooks=("ruff-format",),
        commands=("ruff format",),
    ),
    Formatter(
        name="black",
        program="black",
        fix=("--quiet", "."),
        tables=("tool.black",),
        hooks=("black", "black-jupyter"),
    ),
    Formatter(
        name="eslint",
        program="eslint",
        fix=("--fix", "."),
        left=("--format=unix", "."),
        files=("eslint.config.*", ".eslintrc*"),
        keys=("eslintConfig",),
        hooks=("eslint",),
        failed_above=1,
    ),
    Formatter(
        name="biome",
        program="biome",
        fix=("check", "--write", "."),
        files=("biome.json", "biome.jsonc"),
        hooks=("biome-check",),
        failed_above=1,
    ),
    Formatter(
        name="prettier",
        program="prettier",
        fix=("--write", "--log-level=warn", "."),
        files=(".prettierrc*", "prettier.config.*"),
        keys=("prettier",),
        hooks=("prettier",),
    ),
    Formatter(
        name="gofmt",
        program="gofmt",
        fix=("-w", "."),
        files=("go.mod",),
        version=(),
    ),
    Formatter(
        name="cargo fmt",
        program="cargo",
        fix=("fmt", "--all"),
        files=("rustfmt.toml", ".rustfmt.toml"),
        hooks=("fmt",),
        commands=("cargo fmt",),
    ),
    Formatter(
        name="clang-format",
        program="clang-format",
        fix=("-i",),
        files=(".clang-format", "_clang-format"),
        hooks=("clang-format",),
        suffixes=(".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """What a repository says about its own tools.

    Attributes:
        names: files at its top.
        pyproject: pyproject.toml, parsed.
        package: package.json, parsed.
        hooks: ids in .pre-commit-config.yaml.
        scripts: text of the files in which it writes down its commands.
    """

    names: Collection[str]
    pyproject: Mapping[str, Any]
    package: Mapping[str, Any]
    hooks: Collection[str]
    scripts: str


def read(top: Path) -> Repository:
    """Read what the repository at `top` says; what cannot be parsed says nothing."""
    scripts = (path for pattern in _SCRIPTS for path in sorted(top.glob(pattern)))
    return Repository(
        names={path.name for path in top.iterdir()},
        pyproject=_parsed(tomllib.loads, top / "pyproject.toml"),
        package=_parsed(json.loads, top / "package.json"),
        hooks=set(_HOOK.findall(text(top / ".pre-commit-config.yaml"))),
        scripts="\n".join(map(text, scripts)),
    )


def configured(repository: Repository) -> list[Formatter]:
    """Return the tools that the repository says it uses, in the order in which they run."""
    return [each for each in TABLE if _says(repository, each)]


def _says(repository: Repository, tool: Formatter) -> bool:
    return (
        any(Path(name).match(glob) for glob in tool.files for name in repository.names)
        or any(_holds(repository.pyproject, key.split(".")) for key in tool.tables)
        or any(key in repository.package for key in tool.keys)
        or any(hook in repository.hooks for hook in tool.hooks)
        or any(command in repository.scripts for command in tool.commands)
    )


def _holds(table: Any, keys: list[str]) -> bool:
    for key in keys:
        if not isinstance(table, dict) or key not in table:
            return False
        table = table[key]
    return True


def _parsed(parse: Any, file: Path) -> Mapping[str, Any]:
    try:
        found = parse(text(file))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def text(file: Path) -> str:
    """Return the beginning of a file as text; empty where there is none."""
    if not file.is_file():
        return ""
    with file.open(encoding="utf-8", errors="replace") as source:
        return source.read(_LARGEST)
