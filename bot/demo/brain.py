"""Which real agent the demo can offer: one whose key and whose program are there."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.model.runs import RuntimeName

WANTS: Mapping[RuntimeName, tuple[str, ...]] = {
    "claude": ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
    "codex": ("OPENAI_API_KEY", "OPENAI_BASE_URL"),
    "gemini": ("GEMINI_API_KEY", "GEMINI_BASE_URL"),
    "opencode": ("OPENAI_COMPATIBLE_URL", "OPENAI_COMPATIBLE_KEY"),
}
"""Of each agent the setting that it cannot do without, and the one beside it."""

MODELS = "GREENROOM_MODELS"

SEEN = ("/usr/local/bin", "/usr/bin", "/bin")
"""Folders of the host whose programs a job finds."""

_ELF = b"\x7fELF"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brain:
    """A real agent.

    Attributes:
        program: where it was found.
        settings: for the gateway, which alone has the key.
    """

    runtime: RuntimeName
    program: Path
    settings: Mapping[str, str] = field(repr=False)


def found(environment: Mapping[str, str]) -> Brain | None:
    """Return the first agent that can be had."""
    for runtime, names in WANTS.items():
        program = shutil.which(runtime, path=environment.get("PATH"))
        if program and environment.get(names[0]):
            given = {name: environment.get(name, "") for name in (*names, MODELS)}
            settings = {name: value for name, value in given.items() if value}
            return Brain(runtime=runtime, program=Path(program), settings=settings)
    return None


def missing(environment: Mapping[str, str]) -> str:
    """Say what each agent lacks."""
    lacks = []
    for runtime, (key, _) in WANTS.items():
        program = shutil.which(runtime, path=environment.get("PATH"))
        wants = [*([] if environment.get(key) else [key]), *([] if program else ["its program"])]
        lacks.append(f"{runtime} needs {' and '.join(wants)}")
    return "; ".join(lacks)


def toolbox(brain: Brain, folder: Path) -> Path | None:
    """Make a toolbox of an agent's program; None where jobs find it without one.

    What is copied is the program alone, or the package of npm that it is a part of, with the
    node that runs it: a job is shown nothing else of anybody's home.
    """
    program = brain.program.resolve()
    if str(brain.program.parent) in SEEN and str(program).startswith("/usr/"):
        return None
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "bin").mkdir(parents=True)
    package = _package(program)
    if package is None:
        _copy(program, folder / "bin" / brain.runtime)
        return folder
    shutil.copytree(package, folder / "package", symlinks=True)
    inside = folder / "package" / program.relative_to(package)
    inside.chmod(0o755)
    (folder / "bin" / brain.runtime).symlink_to(Path("..") / inside.relative_to(folder))
    node = shutil.which("node", path=":".join((str(brain.program.parent), *SEEN)))
    if node and not inside.read_bytes().startswith(_ELF) and str(Path(node).parent) not in SEEN:
        _copy(Path(node).resolve(), folder / "bin" / "node")
    return folder


def _package(program: Path) -> Path | None:
    """Return the folder of npm's package that a program lies in."""
    parts = program.parts
    if "node_modules" not in parts:
        return None
    top = parts.index("node_modules") + 1
    return Path(*parts[: top + (2 if parts[top].startswith("@") else 1)])


def _copy(program: Path, to: Path) -> None:
    shutil.copy(program, to)
    to.chmod(0o755)
