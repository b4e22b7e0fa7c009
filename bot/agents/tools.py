"""Letting a repository's own formatters and linters change what they can."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from shutil import which

from bot.agents import tidied
from bot.agents.formatters import Formatter, configured, read
from bot.agents.programs import Programs

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


def tidy(programs: Programs, step: Step) -> Tidying:
    """Run every tool that the repository says it uses, in order."""
    tools = configured(read(programs.top))
    missing = sorted({each.program for each in tools if which(each.program) is None})
    there = (each for each in tools if each.program not in missing)
    return Tidying(ran=[_run(programs, each, step) for each in there], missing=missing)


def why_missing(name: str) -> dict[str, str]:
    """Return the output that asks for a program of the repository's."""
    why = "The repository configures it, and no toolbox of this installation brings it."
    return {"kind": "missing_tool", "name": name, "why": why}


def found(programs: Programs, commit: str) -> str:
    """Return a commit that there is: `commit`, or else the head."""
    known = commit and programs.run("git", "cat-file", "-e", f"{commit}^{{commit}}")
    return commit if known and known.returncode == 0 else "HEAD"


def back_to(programs: Programs, commit: str) -> None:
    """Make the tracked files what they are in a commit: an earlier job may have left others."""
    calm = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")
    programs.run("git", *calm, "restore", f"--source={commit}", "--worktree", ":/")


def changed(programs: Programs, commit: str) -> list[str]:
    """Ask git which tracked files differ from a commit; tools' own caches are none."""
    told = programs.run("git", "diff", "--name-only", "-z", "--no-renames", commit).stdout
    return [path for path in told.split("\0") if path]


def _run(programs: Programs, tool: Formatter, step: Step) -> tidied.Ran:
    """Let one tool change what it can, and note what it cannot."""
    command = f"{tool.program} {' '.join(tool.fix)}"
    step(f"Running {command}")
    before = _differences(programs)
    done = programs.run(tool.program, *tool.fix, *_names(programs, tool))
    failed = done.returncode > tool.failed_above or done.returncode < 0
    return tidied.Ran(
        name=tool.name,
        command=command,
        version=_version(programs, tool),
        changed=_differences(programs) != before,
        findings=() if failed else _findings(programs, tool),
        failure=(done.stderr or done.stdout).strip()[-_LAST_WORDS:] or "it said nothing"
        if failed
        else "",
    )


def _findings(programs: Programs, tool: Formatter) -> tuple[str, ...]:
    if not tool.left:
        return ()
    lines = programs.run(tool.program, *tool.left).stdout.splitlines()
    return tuple(line for line in lines if ":" in line)


def _version(programs: Programs, tool: Formatter) -> str:
    if not tool.version:
        return ""
    said = programs.run(tool.program, *tool.version).stdout.strip().splitlines()
    return tidied.code(said[0][:80]) if said else ""


def _names(programs: Programs, tool: Formatter) -> list[str]:
    if not tool.suffixes:
        return []
    tracked = programs.run("git", "ls-files", "-z").stdout.split("\0")
    # a name may begin with a dash
    return [f"./{name}" for name in tracked if name.endswith(tool.suffixes)]


def _differences(programs: Programs) -> str:
    """Ask git how tracked files differ, to tell what one tool did from what the next one does."""
    plain = ("--no-renames", "--no-ext-diff", "--no-textconv")
    return programs.run("git", "diff", *plain, "HEAD").stdout
