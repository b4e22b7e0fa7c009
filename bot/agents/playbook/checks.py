"""How a repository's tests are run, and how the repository says so.

A row of the table is all there is to a tool.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.agents.formatters import Repository, read, text

_SETTINGS = ("pytest.ini", ".pytest.ini", "conftest.py")
_NPM_DEFAULT = "no test specified"
"""What `npm init` writes where there are no tests.

https://github.com/npm/init-package-json/blob/main/lib/default-input.js
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One way to run tests.

    Attributes:
        program: looked up on PATH.
        arguments: of the program.
        used: says whether a repository has such tests.
        none: exit statuses that mean that there was no test to run.
    """

    program: str
    arguments: tuple[str, ...]
    used: Callable[[Repository, Path], bool]
    none: tuple[int, ...] = ()

    @property
    def command(self) -> str:
        """The command line, as a person would type it."""
        return " ".join((self.program, *self.arguments))


def _pytest(repository: Repository, top: Path) -> bool:
    tables = repository.pyproject.get("tool", {})
    return (
        (isinstance(tables, dict) and "pytest" in tables)
        or any(name in repository.names for name in _SETTINGS)
        or "[pytest]" in text(top / "tox.ini")
        or "[tool:pytest]" in text(top / "setup.cfg")
        or any(next(top.glob(pattern), None) for pattern in ("test_*.py", "test*/test_*.py"))
    )


def _npm(repository: Repository, _: Path) -> bool:
    scripts = repository.package.get("scripts")
    script = scripts.get("test") if isinstance(scripts, dict) else None
    return isinstance(script, str) and _NPM_DEFAULT not in script


def _make(_: Repository, top: Path) -> bool:
    return bool(re.search(r"^test\s*:(?!=)", text(top / "Makefile"), re.MULTILINE))


TABLE = (
    # 5: no tests collected, https://docs.pytest.org/en/stable/reference/exit-codes.html
    Suite(program="pytest", arguments=("-q", "-p", "no:cacheprovider"), used=_pytest, none=(5,)),
    Suite(program="npm", arguments=("test", "--silent"), used=_npm),
    Suite(program="go", arguments=("test", "./..."), used=lambda r, _: "go.mod" in r.names),
    Suite(program="cargo", arguments=("test",), used=lambda r, _: "Cargo.toml" in r.names),
)
MAKE = Suite(program="make", arguments=("test",), used=_make)
"""What is run where no row of the table fits: it would run the same once more."""


def suites(top: Path) -> tuple[Suite, ...]:
    """Return the ways to run the tests of the repository at `top`."""
    repository = read(top)
    found = tuple(suite for suite in TABLE if suite.used(repository, top))
    return found or tuple(suite for suite in (MAKE,) if suite.used(repository, top))
