"""The real programs of agents, as toolboxes.

    python -m tests.real.programs RUNTIME…     installs them from npm, without their scripts

They lie in a cache of this machine's, outside the project.  Claude Code's licence lets nobody
hand it on, so that it is never installed: whoever has it names its program in `CLAUDE_CLI`.
"""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.model.runs import RuntimeName


@dataclass(frozen=True)
class Program:
    """A program of an agent, as npm has it.

    Attributes:
        package: with its version.
        file: the program, below `node_modules`.
        model: the name of one that it knows.
    """

    package: str
    file: str
    model: str


PROGRAMS: dict[RuntimeName, Program] = {
    "codex": Program(
        "@openai/codex@0.169.0-linux-x64",
        "@openai/codex/vendor/x86_64-unknown-linux-musl/bin/codex",
        "gpt-5.2-codex",
    ),
    "gemini": Program(
        "@google/gemini-cli@0.61.0", "@google/gemini-cli/bundle/gemini.js", "gemini-2.5-pro"
    ),
    "opencode": Program(
        "opencode-linux-x64@1.18.34", "opencode-linux-x64/bin/opencode", "some-model"
    ),
}
MODELS = {name: each.model for name, each in PROGRAMS.items()} | {"claude": "claude-sonnet-4-5"}
TARGETS = {"codex": "make test-codex", "gemini": "make test", "opencode": "make test-full"}
"""What installs each of them."""

NODE = 20
"""The oldest that Gemini CLI runs on."""

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "greenroom" / "agents"

FETCHED: tuple[RuntimeName, ...] = ("codex", "opencode")
"""Those that `make test` does without."""

runtimes = pytest.mark.parametrize(
    "runtime",
    ["gemini", "claude", *(pytest.param(name, marks=pytest.mark.full) for name in FETCHED)],
)
"""Claude Code is there only for those who name it, and they mean it to be tried."""

slowly = pytest.mark.parametrize(
    "runtime",
    [pytest.param(name, marks=pytest.mark.full) for name in ("gemini", "claude", *FETCHED)],
)
"""The same for what `make test` can do without."""


def toolbox(runtime: RuntimeName) -> Path:
    """Return a folder that has the program in `bin`; skips a test where there is none."""
    if runtime == "claude":
        return _given(os.environ.get("CLAUDE_CLI"))
    if runtime == "gemini" and not _node():
        pytest.skip("gemini wants node 20 or later in /usr/bin, where a box finds it")
    folder = _folder(PROGRAMS[runtime])
    if not (folder / "bin" / runtime).exists():
        pytest.skip(f"{runtime} is not installed; `{TARGETS[runtime]}` does that")
    return folder


def install(runtime: RuntimeName) -> None:
    """Install a program, unless it is there.

    Raises:
        FileNotFoundError: there is no npm.
        subprocess.CalledProcessError: npm cannot.
    """
    program = PROGRAMS[runtime]
    folder = _folder(program)
    if (folder / "bin" / runtime).exists():
        return
    fresh = _fresh(folder)
    words = ("npm", "install", "--ignore-scripts", "--no-fund", "--no-audit", "--force")
    subprocess.run([*words, f"--prefix={fresh}", program.package], check=True, stdout=sys.stderr)
    file = fresh / "node_modules" / program.file
    file.chmod(0o755)
    (fresh / "bin" / runtime).symlink_to(f"../node_modules/{program.file}")
    fresh.rename(folder)


def _node() -> bool:
    """Tell whether there is a node that is new enough, where a box sees it."""
    try:
        told = subprocess.run(["/usr/bin/node", "--version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return int(told.stdout.removeprefix(b"v").partition(b".")[0]) >= NODE


def _given(path: str | None) -> Path:
    """Return a toolbox of a program that lies anywhere."""
    if path is None:
        pytest.skip("CLAUDE_CLI names no program of Claude Code")
    folder = CACHE / f"claude.{Path(path).stat().st_mtime_ns}"
    if not folder.exists():
        fresh = _fresh(folder)
        shutil.copy(path, fresh / "bin" / "claude")
        with suppress(OSError):  # another test has been quicker
            fresh.rename(folder)
    return folder


def _folder(program: Program) -> Path:
    return CACHE / program.package.replace("/", "+")


def _fresh(folder: Path) -> Path:
    """Make a folder beside one that is not there yet, to become it when it is complete."""
    fresh = folder.with_name(f"{folder.name}.{os.getpid()}")
    (fresh / "bin").mkdir(parents=True)
    return fresh


if __name__ == "__main__":
    for name in sys.argv[1:]:
        try:
            install(name)  # type: ignore[arg-type]  # another word is a KeyError
        except (OSError, subprocess.CalledProcessError) as problem:
            sys.stderr.write(f"{name} is not installed, and its tests are skipped: {problem}\n")
