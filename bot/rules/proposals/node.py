"""JavaScript and TypeScript: the scripts of package.json, with what its lock file installs."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.rules.proposals.base import Check, Part, Project, Setup, within


@dataclass(frozen=True, slots=True)
class Manager:
    """A package manager, known by its lock file."""

    lock: str
    program: str
    install: str
    box: str = "node"


MANAGERS = (
    Manager("pnpm-lock.yaml", "pnpm", "pnpm install --frozen-lockfile"),
    Manager("yarn.lock", "yarn", "yarn install --frozen-lockfile"),
    Manager("bun.lock", "bun", "bun install --frozen-lockfile", "bun"),
    Manager("bun.lockb", "bun", "bun install --frozen-lockfile", "bun"),
    Manager("package-lock.json", "npm", "npm ci"),
    Manager("npm-shrinkwrap.json", "npm", "npm ci"),
)
UNLOCKED = Manager("", "npm", "npm install")
BERRY = ".yarnrc.yml"
"""The settings of a Yarn that has another word for its lock file."""

SCRIPTS: Mapping[str, tuple[str, ...]] = {
    "lint": ("lint",),
    "format": ("format:check", "check-format", "prettier:check"),
    "types": ("typecheck", "type-check", "types", "check-types", "tsc"),
    "build": ("build",),
}
"""The names that scripts have, by the validations that they become."""

LINTERS = (
    ("eslint", "lint", "npx --no-install eslint ."),
    ("biome", "lint", "npx --no-install biome check ."),
    ("prettier", "format", "npx --no-install prettier --check ."),
)
"""Tools by the names that `Project.tools` has, for where no script runs them."""

_VERSION = re.compile(r"[\w.<>=~^*| /-]{1,40}", re.ASCII)


def node(project: Project) -> Part | None:
    """Return what a project with a package.json asks for; None for any other."""
    package = _package(project)
    if package is None:
        return None
    manager = next((each for each in MANAGERS if each.lock in project.files), UNLOCKED)
    checks: dict[str, Check] = {}
    for check in (*_scripts(project, package, manager), *_linters(project, manager)):
        checks.setdefault(check.name, check)
    also = (
        "" if manager.program in {"npm", manager.box} else f"; setup needs `{manager.program}` too"
    )
    return Part(
        box=manager.box,
        why=_version(project, package) + also,
        setup=_setup(project, manager),
        checks=tuple(checks.values()),
    )


def _package(project: Project) -> Mapping[str, object] | None:
    try:
        found = json.loads(project.files["package.json"])
    except (KeyError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _setup(project: Project, manager: Manager) -> Setup:
    install = manager.install
    if BERRY in project.files and manager.program == "yarn":
        install = "yarn install --immutable"
    inputs = tuple(
        each for each in ("package.json", manager.lock, ".npmrc", BERRY) if each in project.files
    )
    why = f"{manager.lock or 'package.json'} says what is installed"
    return Setup(steps=(install,), inputs=inputs, why=why)


def _scripts(project: Project, package: Mapping[str, object], manager: Manager) -> Iterator[Check]:
    if "npm" in project.suites:
        why = "package.json has the script test"
        # Without CI, runners of tests watch files and never end.
        yield Check(name="unit", run=f"CI=1 {manager.program} run test", why=why, box=manager.box)
    for name in SCRIPTS:
        if script := _has(package, name):
            why = f"package.json has the script {script}"
            yield Check(name=name, run=f"{manager.program} run {script}", why=why, box=manager.box)


def _has(package: Mapping[str, object], check: str) -> str:
    scripts = within(package, "scripts")
    return next((each for each in SCRIPTS[check] if each in scripts), "")


def _linters(project: Project, manager: Manager) -> Iterator[Check]:
    for tool, name, run in LINTERS:
        if tool in project.tools:
            why = f"{tool} is named in {project.naming(tool)}"
            yield Check(name=name, run=run, why=why, box=manager.box)


def _version(project: Project, package: Mapping[str, object]) -> str:
    asked = within(package, "engines").get("node")
    if isinstance(asked, str) and _VERSION.fullmatch(asked):
        return f"package.json asks for Node {asked}"
    file = project.first(".nvmrc", ".node-version")
    said = project.files.get(file, "").strip()
    return f"{file} says {said}" if _VERSION.fullmatch(said) else "there is a package.json"
