"""The built-in agent `tidy`: runs the repository's own formatters and says what they did.

It is a program like any other agent's: it runs in the box, has the standard library and
the tools on PATH, and asks for its pull request through the door.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.agents import tidied
from bot.agents.asking import AwayError, ask
from bot.agents.formatters import Formatter, configured, read

MINUTES = 15
"""How long one tool may take."""

_AWAY = 75
_LAST_WORDS = 2000
_MOST_STEP = 200


def main() -> int:
    """Tidy the working folder; return 0 when what it asked for was accepted."""
    top = Path.cwd()
    tools = configured(read(top))
    missing = sorted({each.program for each in tools if shutil.which(each.program) is None})
    try:
        ran = [_run(top, each) for each in tools if each.program not in missing]
        for name in missing:
            ask("/outputs", _missing(name))
        return _hand_in(top, ran, missing)
    except AwayError as problem:
        sys.stderr.write(f"{problem}\n")
        return _AWAY


def _hand_in(top: Path, ran: Sequence[tidied.Ran], missing: Sequence[str]) -> int:
    changed = _changed(top)
    if changed:
        _step(f"{len(changed)} file{'s' * (len(changed) != 1)} changed")
        text = tidied.body(ran, missing)
        output = {"kind": "pull_request", "title": tidied.title(ran), "body": text}
    else:
        output = {"kind": "noop", "reason": tidied.nothing(ran, missing)}
    answer = ask("/outputs", output)
    sys.stdout.write(f"{output['kind']}: {answer.words}\n")
    return 0 if answer.accepted else 1


def _run(top: Path, tool: Formatter) -> tidied.Ran:
    """Let one tool change what it can, and note what it cannot."""
    command = f"{tool.program} {' '.join(tool.fix)}"
    _step(f"Running {command}")
    before = _differences(top)
    done = _call(top, [tool.program, *tool.fix, *_names(top, tool)])
    failed = done.returncode > tool.failed_above or done.returncode < 0
    return tidied.Ran(
        name=tool.name,
        command=command,
        version=_version(top, tool),
        changed=_differences(top) != before,
        findings=() if failed else _findings(top, tool),
        failure=(done.stderr or done.stdout).strip()[-_LAST_WORDS:] or "no words"
        if failed
        else "",
    )


def _findings(top: Path, tool: Formatter) -> tuple[str, ...]:
    if not tool.left:
        return ()
    lines = _call(top, [tool.program, *tool.left]).stdout.splitlines()
    return tuple(line for line in lines if ":" in line)


def _version(top: Path, tool: Formatter) -> str:
    if not tool.version:
        return ""
    said = _call(top, [tool.program, *tool.version]).stdout.strip().splitlines()
    return tidied.code(said[0][:80]) if said else ""


def _names(top: Path, tool: Formatter) -> list[str]:
    if not tool.suffixes:
        return []
    tracked = _call(top, ["git", "ls-files", "-z"]).stdout.split("\0")
    # a name may begin with a dash
    return [f"./{name}" for name in tracked if name.endswith(tool.suffixes)]


def _changed(top: Path) -> list[str]:
    """Ask git which tracked files differ; tools' own caches are none."""
    told = _call(top, ["git", "diff", "--name-only", "-z", "--no-renames", "HEAD"]).stdout
    return [path for path in told.split("\0") if path]


def _differences(top: Path) -> str:
    """Ask git how tracked files differ, to tell what one tool did from what the next one does."""
    plain = ("--no-renames", "--no-ext-diff", "--no-textconv")
    return _call(top, ["git", "diff", *plain, "HEAD"]).stdout


def _missing(name: str) -> dict[str, str]:
    why = "The repository configures it, and no toolbox of this installation brings it."
    return {"kind": "missing_tool", "name": name, "why": why}


def _step(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    ask("/steps", {"text": text[:_MOST_STEP]})


def _call(top: Path, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            words,
            cwd=top,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=MINUTES * 60,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, -1, "", f"It took more than {MINUTES} minutes.")
