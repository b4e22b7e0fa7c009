"""What of a repository is looked at: files with known names, at its top and one folder below."""

import re
from collections.abc import Iterator
from pathlib import Path

from bot.agents.formatters import configured, read, text
from bot.agents.playbook.checks import suites
from bot.model.errors import Refused
from bot.rules.proposals.base import Project

_NAMES = (
    *("pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "Pipfile.lock", "*requirements*.txt"),
    *("requirements/*.txt", "uv.lock", "poetry.lock", "pdm.lock", ".python-version", "tox.ini"),
    *("noxfile.py", "pytest.ini", ".pytest.ini", "mypy.ini", ".mypy.ini", "ruff.toml"),
    *(".ruff.toml", ".isort.cfg", ".pre-commit-config.yaml"),
    *("package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml"),
    *("bun.lock", "bun.lockb", ".npmrc", ".yarnrc.yml", ".nvmrc", ".node-version", "biome.json*"),
    *("eslint.config.*", ".eslintrc*", "prettier.config.*", ".prettierrc*"),
    *("go.mod", "go.sum", "Cargo.toml", "Cargo.lock", "rust-toolchain", "rust-toolchain.toml"),
    *("rustfmt.toml", ".rustfmt.toml"),
    *("pom.xml", "mvnw", "build.gradle", "build.gradle.kts", "settings.gradle", "gradlew"),
    *("settings.gradle.kts", "gradle.lockfile"),
    *("Makefile", "justfile", "Dockerfile", "Containerfile"),
    *(".devcontainer.json", ".devcontainer/devcontainer.json"),
    *(".github/workflows/*.yml", ".github/workflows/*.yaml"),
)

_FOLDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*", re.ASCII)
_NOT_OURS = {
    *("node_modules", "vendor", "third_party", "venv", "env", "build", "dist", "target"),
    *("docs", "examples", "fixtures", "test", "tests", "testdata"),
}
"""Folders with other people's projects, with made ones, and with such as are not to be tested."""

_MOST_BELOW = 50
"""Folders that are looked into."""


def seen(top: Path) -> tuple[Project, ...]:
    """Return the top of a repository as a project, then the folders below it.

    Raises:
        Refused: `nothing`: there is no such folder; `unreadable`.
    """
    if not top.is_dir():
        raise Refused("nothing", f"{top}: there is no such folder.")
    try:
        return tuple(_project(top, each) for each in ("", *_below(top)))
    except OSError as problem:
        raise Refused("unreadable", f"{problem.filename}: {problem.strerror}.") from None


def _below(top: Path) -> list[str]:
    names = sorted(
        each.name
        for each in top.iterdir()
        if _FOLDER.fullmatch(each.name)
        and each.name not in _NOT_OURS
        and each.is_dir()
        and not each.is_symlink()
    )
    return names[:_MOST_BELOW]


def _project(top: Path, name: str) -> Project:
    folder = top / name
    files = dict(_files(folder))
    return Project(
        folder=name,
        files=files,
        tools={each.name for each in configured(read(folder))},
        suites={each.program for each in suites(folder)},
    )


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    for pattern in _NAMES:
        for file in sorted(folder.glob(pattern)):
            if file.is_file():
                yield file.relative_to(folder).as_posix(), text(file)
