"""The git program over the hub's bare repositories, with none of the machine's config."""

import asyncio
import os
import re
import subprocess
from pathlib import Path

from bot.model.gitconfig import git_config

_NAME = re.compile("[0-9a-f]{40}")
_SETTINGS = (("safe.directory", "*"), ("core.quotePath", "false"), ("gc.auto", "0"))


class GitFailed(Exception):
    """git left with a status other than those that were expected."""


async def git(
    repository: Path,
    *argv: str,
    given: bytes = b"",
    fine: tuple[int, ...] = (0,),
    by: tuple[str, str, str] | None = None,
    index: Path | None = None,
) -> bytes:
    """Run git in a bare repository and return what it printed.

    Args:
        repository: becomes GIT_DIR.
        argv: the command, without `git`.
        given: standard input.
        fine: exit statuses that are answers.
        by: name, email and date for commits made here.
        index: the file that holds a tree in the making.

    Raises:
        GitFailed: any other status, with what git said.
    """
    name, email, date = by or ("devhub", "devhub@localhost", "")
    environment = {
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "GIT_DIR": str(repository),
        **{f"GIT_{who}_NAME": name for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": email for who in ("AUTHOR", "COMMITTER")},
        **({f"GIT_{who}_DATE": date for who in ("AUTHOR", "COMMITTER")} if date else {}),
        **({} if index is None else {"GIT_INDEX_FILE": str(index)}),
        **git_config(_SETTINGS),
    }
    process = await asyncio.create_subprocess_exec(
        "git",
        *argv,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    printed, complaint = await process.communicate(given)
    if process.returncode not in fine:
        raise GitFailed(f"git {argv[0]}: {complaint.decode(errors='replace').strip()}")
    return printed


async def heads(repository: Path, *patterns: str) -> dict[str, str]:
    """Return the refs under patterns (branches and tags by default): full name to object."""
    wanted = patterns or ("refs/heads", "refs/tags")
    listed = await git(repository, "for-each-ref", "--format=%(objectname) %(refname)", *wanted)
    lines = (line.split(" ", 1) for line in listed.decode().splitlines())
    return {name: sha for sha, name in lines}


async def resolve(repository: Path, name: str) -> str | None:
    """Return the commit that a branch, tag, full ref or object name stands for.

    What names no commit, or more than one (`main..tidy`), stands for none.
    """
    for candidate in (f"refs/heads/{name}", f"refs/tags/{name}", name):
        argv = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{candidate}^{{commit}}")
        sha = (await git(repository, *argv, fine=(0, 1, 128))).decode().strip()
        if _NAME.fullmatch(sha):
            return sha
    return None


async def is_ancestor(repository: Path, old: str, new: str) -> bool:
    """Return whether `new` contains `old`."""
    argv = ("rev-list", "--max-count=1", old, "--not", new, "--")
    return not await git(repository, *argv)
