"""The hooks that git runs for a push, in a folder for each combination of them."""

import shlex
import sys
from pathlib import Path

from bot.devhub import gate
from bot.devhub.hub import Hub
from bot.devhub.records import Repository
from bot.devhub.rulesets import Ruleset

_CODE = Path(__file__).parents[2]

# A file that changes in a commit that no ref of the repository had before.
# https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps#repository-permissions-for-workflows
_UPDATE = """#!/bin/sh
set -e
test "$3" != 0000000000000000000000000000000000000000 || exit 0
touched=$(git log --diff-merges=first-parent --format= --name-only "$3" --not --all \
    -- .github/workflows)
test -n "$touched" || exit 0
echo "refusing to allow a GitHub App to create or update workflow \\`$(echo "$touched" |
    head -n 1)\\` without \\`workflows\\` permission" >&2
exit 1
"""


def folder(
    hub: Hub, repository: Repository, rules: Ruleset | None, *, workflows: bool
) -> Path | None:
    """Return the folder of a push's hooks, None when it needs none.

    Args:
        hub: keeps the folders in its home.
        repository: what is pushed to.
        rules: what holds whoever pushes.
        workflows: whether they may change workflows.
    """
    if workflows and rules is None:
        return None
    told = "" if rules is None else gate.written(rules, *_place(hub, repository))
    named = "workflows" if rules is None else f"{rules.id}{'' if workflows else '-workflows'}"
    made = hub.home / "hooks" / named
    made.mkdir(parents=True, exist_ok=True)
    if not workflows:
        _put(made / "update", _UPDATE)
    if rules is not None:
        _put(made / "rules.json", told)
        _put(made / "proc-receive", _gate(made / "rules.json"))
    return made


def _place(hub: Hub, repository: Repository) -> tuple[str, str]:
    """Return the default branch, and the address of the page of rules."""
    return repository.default_branch, f"{hub.base}/{repository.full_name}/rules"


def _gate(rules: Path) -> str:
    argv = (sys.executable, "-m", gate.__name__, str(rules))
    return f"#!/bin/sh\nPYTHONPATH={shlex.quote(str(_CODE))} exec {shlex.join(argv)}\n"


def _put(path: Path, text: str) -> None:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(0o755)
    fresh.replace(path)
