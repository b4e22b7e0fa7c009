"""The tree of one commit, laid out for a job that may do with it what it likes."""

import asyncio
import os
from pathlib import Path

from bot.devhub.git import git


async def check_out(repository: Path, sha: str, into: Path, uid: int | None) -> None:
    """Lay out a commit with a `.git` that knows that commit alone.

    No hook and no filter of the repository runs: its config is not copied.

    Args:
        repository: the bare repository.
        sha: a commit that it has, under whatever ref.
        into: an existing, empty folder.
        uid: who is to own everything; None for whoever runs this.
    """
    inner = into / ".git"
    await git(inner, "init", "--quiet", "--initial-branch=main")
    await git(inner, "fetch", "--quiet", "--no-tags", "--depth=1", f"file://{repository}", sha)
    await git(inner, f"--work-tree={into}", "checkout", "--quiet", "--detach", sha)
    if uid is not None:
        await asyncio.to_thread(_give, into, uid)


def _give(folder: Path, uid: int) -> None:
    os.lchown(folder, uid, uid)
    for where, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.lchown(Path(where, name), uid, uid)
