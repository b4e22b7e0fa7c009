"""`python -m bot.devhub.gate RULES`: git's hook that holds each pushed ref against the rules.

It speaks the protocol of `proc-receive`, since no other hook can give each ref a reason of
its own.  https://git-scm.com/docs/githooks#proc-receive
"""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bot.devhub.rulesets import NOTHING, Ruleset, for_git, secret_for_git

_FLUSH = b"0000"
_RULES = "push declined due to repository rule violations"
_SECRET = "push declined due to a detected secret"  # noqa: S105 - GitHub's words


def main(told: Path) -> None:
    """Answer git's list of commands with what happens to each."""
    known = json.loads(told.read_text(encoding="utf-8"))
    rules = Ruleset.told(known["rules"])
    list(_packets())
    _say("version=1")
    sys.stdout.buffer.write(_FLUSH)
    sys.stdout.buffer.flush()
    for command in list(_packets()):
        old, new, ref = command.split(" ", 2)
        reason, words = _judged(rules, known["default"], known["page"], (old, new, ref))
        sys.stderr.write(words)
        if reason:
            _say(f"ng {ref} {reason}")
        else:
            _say(f"ok {ref}")
            _say("option fall-through")
    sys.stdout.buffer.write(_FLUSH)


def _judged(
    rules: Ruleset, default: str, page: str, move: tuple[str, str, str]
) -> tuple[str, str]:
    """Return the reason of a refusal and its words; both are empty when there is none."""
    old, new, ref = move
    branch = ref.removeprefix("refs/heads/")
    if branch != ref and rules.covers(branch, default):
        forced = NOTHING not in {old, new} and bool(_git("rev-list", "-1", old, "--not", new))
        if broken := rules.refusals(old, new, forced=forced):
            return _RULES, for_git(ref, f"{page}?ref={ref.replace('/', '%2F')}", broken)
    if new != NOTHING and rules.secrets:
        for commit, path, line in _secrets(rules, new):
            return _SECRET, secret_for_git(commit, path, line)
    return "", ""


def _secrets(rules: Ruleset, new: str) -> Iterator[tuple[str, str, int]]:
    """Yield commit, path and line of each file that holds a secret, in what nobody had yet."""
    for commit in _git("rev-list", new, "--not", "--all").split():
        argv = ("diff-tree", "-r", "--root", "--no-commit-id", "--name-only", "--diff-filter=d")
        for path in _git(*argv, "-z", commit).split("\0")[:-1]:
            # a submodule's commit is not there to be shown, and holds no text
            line = rules.holding(_git("show", f"{commit}:{path}", check=False))
            if line is not None:
                yield commit, path, line


def _git(*argv: str, check: bool = True) -> str:
    done = subprocess.run(["git", *argv], capture_output=True, check=check)
    return done.stdout.decode(errors="replace")


def _packets() -> Iterator[str]:
    """Yield lines until git says that there are no more of them."""
    while size := int(sys.stdin.buffer.read(4) or b"0", 16):
        yield sys.stdin.buffer.read(size - 4).decode(errors="replace").rstrip("\n")


def _say(line: str) -> None:
    data = f"{line}\n".encode()
    sys.stdout.buffer.write(f"{len(data) + 4:04x}".encode() + data)


def written(rules: Ruleset, default: str, page: str) -> str:
    """Return the file that the gate reads: the rules, the default branch, their page."""
    return json.dumps({"rules": dataclasses.asdict(rules), "default": default, "page": page})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
