"""Python: tests, linters and types, in an environment that setup makes.

Every way to install ends in `.venv`, and every command looks there first.  So a validation
needs none of the installers, and where nothing was installed it takes what a toolbox has.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.rules.proposals.base import REPORT, Check, Part, Project, Setup, table, within
from bot.rules.proposals.workflows import Line, as_it_runs

BOX = "python"
VENV = "PATH=$PWD/.venv/bin:$PATH "

REQUIREMENTS = (
    *("requirements.txt", "requirements-dev.txt", "requirements-test.txt"),
    *("requirements_dev.txt", "requirements_test.txt", "dev-requirements.txt"),
    *("test-requirements.txt", "requirements/dev.txt", "requirements/test.txt"),
    "requirements/tests.txt",
)
MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg", "Pipfile", *REQUIREMENTS)

EXTRAS = ("test", "tests", "testing", "typing", "lint", "dev")
"""What people call that which only tests and linters need."""

_VERSION = re.compile(r"[\d.<>=~!*, ]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Installer:
    """A way to install what a lock file holds; `extra` and `group` ask for more of it."""

    lock: str
    program: str
    command: str
    extra: str = ""
    group: str = ""


INSTALLERS = (
    Installer("uv.lock", "uv", "uv sync --locked", "--extra", "--group"),
    Installer(
        *("poetry.lock", "poetry"),
        "POETRY_VIRTUALENVS_IN_PROJECT=true poetry install --no-interaction",
        *("--extras", "--with"),
    ),
    Installer("pdm.lock", "pdm", "pdm sync", "--group", "--group"),
    Installer("Pipfile.lock", "pipenv", "PIPENV_VENV_IN_PROJECT=1 pipenv sync --dev"),
)


@dataclass(frozen=True, slots=True)
class Linter:
    """A tool, by the name that `Project.tools` has for it, and how it only looks."""

    tool: str
    check: str
    run: str

    @property
    def program(self) -> str:
        """The program, which is also the package that brings it."""
        return self.run.split(" ", 1)[0]


LINTERS = (
    Linter("ruff check", "lint", "ruff check ."),
    Linter("ruff format", "format", "ruff format --check ."),
    Linter("black", "format", "black --check ."),
    Linter("isort", "imports", "isort --check-only ."),
)


def python(project: Project, lines: Sequence[Line]) -> Part | None:
    """Return what a project in Python asks for; None for any other."""
    manifest = project.first(*MANIFESTS)
    if not manifest and (project.folder or "pytest" not in project.suites):
        return None
    found = list(_checks(project, lines))
    programs = tuple(dict.fromkeys(program for program, _ in found))
    installer = next((each for each in INSTALLERS if each.lock in project.files), None)
    make = partial(_locked, installer) if installer else _installed
    setup = make(project, programs)
    why = _version(project) or f"there is a {manifest}" if manifest else "there are tests"
    also = f"; setup needs `{installer.program}` too" if installer else ""
    checks = tuple(check for _, check in found)
    return Part(box=BOX, why=why + also, setup=setup, checks=checks)


def _checks(project: Project, lines: Sequence[Line]) -> Iterator[tuple[str, Check]]:
    """Yield what a project can be checked by, each with its program."""
    if "pytest" in project.suites:
        yield "pytest", _unit(project, lines)
    linters = {each.check: each for each in reversed(LINTERS) if each.tool in project.tools}
    for name, linter in reversed(linters.items()):
        why = f"{linter.program} is named in {project.naming(linter.program)}"
        yield linter.program, Check(name=name, run=VENV + linter.run, why=why, box=BOX)
    if types := _types(project, lines):
        yield "mypy", types


def _types(project: Project, lines: Sequence[Line]) -> Check | None:
    settings = within(_pyproject(project), "tool", "mypy")
    file = project.first("mypy.ini", ".mypy.ini") or _table_of("mypy", project)
    run, workflow = as_it_runs("mypy", lines)
    if not file and not workflow:
        return None
    if not workflow and not {"files", "packages", "modules"} & settings.keys():
        run = "mypy ."
    why = f"{workflow} runs it so" if workflow else f"mypy is configured in {file}"
    return Check(name="types", run=VENV + run, why=why, box=BOX)


def _unit(project: Project, lines: Sequence[Line]) -> Check:
    apart = [each for each in lines if "--junit" not in each.words]
    run, workflow = as_it_runs("pytest", apart)
    file = project.first("pytest.ini", ".pytest.ini") or _table_of("pytest", project)
    why = f"{workflow} runs it so" if workflow else f"pytest is configured in {file}"
    return Check(
        name="unit",
        run=f"{VENV}{run if workflow else 'pytest -q'} --junitxml={REPORT}",
        why=why if workflow or file else "there are tests that pytest finds",
        report=REPORT,
        box=BOX,
    )


def _locked(installer: Installer, project: Project, programs: Sequence[str]) -> Setup:
    more = [f" {installer.extra} {each}" for each in _extras(project) if installer.extra]
    more += [f" {installer.group} {each}" for each in _groups(project) if installer.group]
    inputs = tuple(each for each in (installer.lock, *MANIFESTS) if each in project.files)
    why = f"{installer.lock} holds what is installed"
    if lacking := _unnamed(programs, project.files[installer.lock]):
        why += f"; {' and '.join(lacking)} it does not hold: let a toolbox bring that"
    return Setup(steps=(installer.command + "".join(more),), inputs=inputs, why=why)


def _installed(project: Project, programs: Sequence[str]) -> Setup | None:
    """Install with pip: what the files name, and the programs that none of them does."""
    extras = _extras(project)
    groups = [f"--group {each}" for each in _groups(project)]
    words = [f"-r {each}" for each in REQUIREMENTS if each in project.files]
    if _is_package(project):
        words.append(f"-e '.[{','.join(extras)}]'" if extras else "-e .")
    words += groups
    lacking = [_pinned(project, each) for each in _unnamed(programs, _named(project))]
    inputs = tuple(each for each in MANIFESTS if each in project.files)
    why = f"what is listed in {', '.join(inputs)}" if inputs else "no file lists packages"
    if groups:
        why += "; `--group` needs pip 25.1 or later"
    if lacking:
        why += f"; {' and '.join(lacking)} because validations run it"
    if not (words or lacking):
        return None
    install = f".venv/bin/pip install {' '.join([*words, *lacking])}"
    return Setup(steps=("python3 -m venv .venv", install), inputs=inputs, why=why)


def _unnamed(programs: Sequence[str], text: str) -> list[str]:
    return [each for each in programs if not re.search(rf"\b{each}\b", text)]


def _pinned(project: Project, program: str) -> str:
    """Name a package in the version in which it runs before commits, where it does."""
    hook = rf"repo: *\S*\b{program}\b\S*\s+rev: *[\"']?v?([0-9][0-9.]{{0,20}})"
    found = re.search(hook, project.files.get(".pre-commit-config.yaml", ""), re.ASCII)
    return f"{program}=={found[1]}" if found else program


def _pyproject(project: Project) -> Mapping[str, Any]:
    return table(project.files.get("pyproject.toml", ""))


def _table_of(tool: str, project: Project) -> str:
    """Return the file in which a tool has a table; empty for none."""
    return "pyproject.toml" if tool in within(_pyproject(project), "tool") else ""


def _is_package(project: Project) -> bool:
    settings = _pyproject(project)
    return "setup.py" in project.files or bool(settings.keys() & {"project", "build-system"})


def _extras(project: Project) -> list[str]:
    extras = within(_pyproject(project), "project", "optional-dependencies")
    return [each for each in EXTRAS if each in extras]


def _groups(project: Project) -> list[str]:
    groups = within(_pyproject(project), "dependency-groups")
    poetry = within(_pyproject(project), "tool", "poetry", "group")
    return [each for each in EXTRAS if each in groups or each in poetry]


def _named(project: Project) -> str:
    """Return all that is installed without being asked for by us."""
    settings = _pyproject(project)
    chosen = [within(settings, "project").get("dependencies")]
    chosen += [within(settings, "project", "optional-dependencies")[e] for e in _extras(project)]
    chosen += [within(settings, "dependency-groups").get(each) for each in _groups(project)]
    files = (*REQUIREMENTS, "setup.py", "setup.cfg")
    return "\n".join([*map(str, chosen), *(project.files.get(each, "") for each in files)])


def _version(project: Project) -> str:
    asked = within(_pyproject(project), "project").get("requires-python")
    if isinstance(asked, str) and _VERSION.fullmatch(asked):
        return f"pyproject.toml asks for Python {asked}"
    said = project.files.get(".python-version", "").strip()
    return f".python-version says {said}" if _VERSION.fullmatch(said) else ""
