"""`python -m bot.devhub.ci.stage UID TREES ARGV…`: becomes a job's user, then its sandbox.

Toolboxes may lie where only root can go.  So root shows them to the job at other places
first, in a mount namespace that ends with it.
"""

import json
import os
import sys
from pathlib import Path

from bot.sandbox.mounts import CLONE_NEWNS, attach, clone, make_private, unshare


def main(uid: int, trees: dict[str, str], argv: list[str]) -> None:
    """Show trees (source by target, read-only), drop to a uid, and run what follows."""
    if trees:
        unshare(CLONE_NEWNS)
        make_private()
    for target, source in trees.items():
        attach(clone(Path(source), read_only=True), Path(target))
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    os.execve(argv[0], argv, {})  # noqa: S606 - becomes bubblewrap


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:])
    except OSError as problem:
        sys.exit(f"no room for the sandbox: {problem}")
