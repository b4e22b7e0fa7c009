"""Go, Rust, Java, and whatever `make test` tests."""

import re
from collections.abc import Sequence

from bot.rules.proposals.base import Check, Part, Project, Setup
from bot.rules.proposals.workflows import Line, as_it_runs

_GO = re.compile(r"^go ([0-9.]{1,20})\s*$", re.MULTILINE | re.ASCII)
_RUST = re.compile(r"(?:channel *= *[\"'])?([\w.-]{1,40})", re.ASCII)


def go(project: Project, lines: Sequence[Line]) -> Part | None:
    """Return what a module of Go asks for; None without one."""
    text = project.files.get("go.mod")
    if text is None:
        return None
    run, workflow = as_it_runs("go test", lines)
    why = f"{workflow} runs it so" if workflow else "go.mod makes it a module"
    asked = _GO.search(text)
    return Part(
        box="go",
        why=f"go.mod asks for Go {asked[1]}" if asked else "there is a go.mod",
        setup=Setup(
            steps=("go mod download",),
            inputs=_there(project, "go.mod", "go.sum"),
            why=f"{project.first('go.sum', 'go.mod')} says which modules it needs",
        ),
        checks=(
            Check(name="unit", run=run if workflow else "go test ./...", why=why, box="go"),
            Check(name="lint", run="go vet ./...", why="it comes with Go", box="go"),
        ),
    )


def rust(project: Project) -> Part | None:
    """Return what a crate asks for; None without one."""
    if "Cargo.toml" not in project.files:
        return None
    locked = " --locked" if "Cargo.lock" in project.files else ""
    why = "there is a Cargo.toml"
    checks = [Check(name="unit", run=f"cargo test --offline{locked}", why=why, box="rust")]
    if "cargo fmt" in project.tools:
        why = f"cargo fmt is named in {project.naming('fmt')}"
        checks.append(Check(name="format", run="cargo fmt --all --check", why=why, box="rust"))
    chosen = project.first("rust-toolchain.toml", "rust-toolchain")
    said = _RUST.search(project.files.get(chosen, "").replace("[toolchain]", ""))
    return Part(
        box="rust",
        why=f"{chosen} says {said[1]}" if said else "there is a Cargo.toml",
        setup=Setup(
            steps=(f"cargo fetch{locked}",),
            inputs=_there(project, "Cargo.toml", "Cargo.lock", chosen),
            why=f"{project.first('Cargo.lock', 'Cargo.toml')} says which crates it needs",
        ),
        checks=tuple(checks),
    )


def java(project: Project) -> Part | None:
    """Return what Maven or Gradle builds asks for; None without either."""
    file = project.first("pom.xml", "build.gradle.kts", "build.gradle")
    if not file:
        return None
    why = f"there is a {file}"
    if file == "pom.xml":
        program = "./mvnw" if "mvnw" in project.files else "mvn"
        step, run = f"{program} -B dependency:go-offline", f"{program} -B --offline test"
    else:
        program = "./gradlew" if "gradlew" in project.files else "gradle"
        step, run = f"{program} --no-daemon testClasses", f"{program} --no-daemon --offline test"
    setup = Setup(
        steps=(step,),
        inputs=_there(project, file, "gradle.lockfile", "settings.gradle.kts", "settings.gradle"),
        why=f"{file} says what it needs",
    )
    checks = (Check(name="unit", run=run, why=why, minutes=20, box="java"),)
    return Part(box="java", why=why, setup=setup, checks=checks)


def make(project: Project) -> Part | None:
    """Return what tests a project that nothing else is known of; None without such a target."""
    if "make" not in project.suites:
        return None
    check = Check(name="unit", run="make test", why="the Makefile has the target test")
    return Part(box="", why="", checks=(check,))


def _there(project: Project, *names: str) -> tuple[str, ...]:
    return tuple(each for each in names if each in project.files)
