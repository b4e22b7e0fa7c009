"""Letting a repository's own formatters and linters change what they can."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from shutil import which

from bot.agents import tidied
from bot.agents.commands import Commands
from bot.agents.formatters import Formatter, configured, read

_LAST_WORDS = 2000

Step = Callable[[str], None]
"""Told what is about to be done, in a line for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidying:
    """What the repository's tools did.

    Attributes:
        missing: programs that it configures and that are not on PATH.
    """

    ran: Sequence[tidied.Ran]
    missing: Sequence[str]


def tidy(commands: Commands, step: Step) -> Tidying:
    """Run every tool that the repository says it uses, in order."""
    tools = configured(read(commands.top))
    missing = sorted({each.program for each in tools if which(each.program) is None})
    there = (each for each in tools if each.program not in missing)
    return Tidying(ran=[_run(commands, each, step) for each in there], missing=missing)


def why_missing(name: str) -> dict[str, str]:
    """Return the output that asks for a program of the repository's."""
    why = "The repository configures it, and no toolbox of this installation brings it."
    return {"kind": "missing_tool", "name": name, "why": why}


def changed(commands: Commands) -> list[str]:
    """Ask git which tracked files differ; tools' own caches are none."""
    told = commands.run("git", "diff", "--name-only", "-z", "--no-renames", "HEAD").stdout
    return [path for path in told.split("\0") if path]


def _run(commands: Commands, tool: Formatter, step: Step) -> tidied.Ran:
    """Let one tool change what it can, and note what it cannot."""
    command = f"{tool.program} {' '.join(tool.fix)}"
    step(f"Running {command}")
    before = _differences(commands)
    done = commands.run(tool.program, *tool.fix, *_names(commands, tool))
    failed = done.returncode > tool.failed_above or done.returncode < 0
    return tidied.Ran(
        name=tool.name,
        command=command,
        version=_version(commands, tool),
        changed=_differences(commands) != before,
        findings=() if failed else _findings(commands, tool),
        failure=(done.stderr or done.stdout).strip()[-_LAST_WORDS:] or "no words"
        if failed
        else "",
    )


def _findings(commands: Commands, tool: Formatter) -> tuple[str, ...]:
    if not tool.left:
        return ()
    lines = commands.run(tool.program, *tool.left).stdout.splitlines()
    return tuple(line for line in lines if ":" in line)


def _version(commands: Commands, tool: Formatter) -> str:
    if not tool.version:
        return ""
    said = commands.run(tool.program, *tool.version).stdout.strip().splitlines()
    return tidied.code(said[0][:80]) if said else ""


def _names(commands: Commands, tool: Formatter) -> list[str]:
    if not tool.suffixes:
        return []
    tracked = commands.run("git", "ls-files", "-z").stdout.split("\0")
    # a name may begin with a dash
    return [f"./{name}" for name in tracked if name.endswith(tool.suffixes)]


def _differences(commands: Commands) -> str:
    """Ask git how tracked files differ, to tell what one tool did from what the next one does."""
    plain = ("--no-renames", "--no-ext-diff", "--no-textconv")
    return commands.run("git", "diff", *plain, "HEAD").stdout
