"""A workspace that holds the inputs of a validation and nothing else.

Who asks about another tree with the same inputs gets the same verdict, so no other file may
have a say in it: an agent could change one, and have its verdict told of trees without that.
"""

import os
import shutil
from collections.abc import Collection

from bot.harness.gitbox import GitBox
from bot.model.inside import RESULT_REPO
from bot.rules.inputs import only
from bot.sandbox.folder import JobFolder

_LIST = "inputs"
_ASIDE = "index.aside"


def tree_of(folder: JobFolder, git: GitBox, tree: str, globs: Collection[str]) -> str:
    """Make a tree of those files of another one that patterns cover; return its name.

    The index of the workspace is as it was afterwards: it knows what lies there.

    Raises:
        GitFailed: git could not.
        OSError: the disk is full.
    """
    result = folder.result
    listed = git.git(("ls-tree", "-r", "-z", "--full-tree", tree))
    (result / _LIST).write_bytes(os.fsencode(only(listed, globs)))
    (result / "index").rename(result / _ASIDE)
    try:
        git.git(("update-index", "-z", "--index-info"), given=f"{RESULT_REPO}/{_LIST}")
        return git.git(("write-tree",)).strip()
    finally:
        (result / _ASIDE).replace(result / "index")
        (result / _LIST).unlink()


def hide_history(folder: JobFolder) -> None:
    """Take away the repository: what else was ever committed has no say either.

    Raises:
        OSError: it cannot be removed.
    """
    shutil.rmtree(folder.workspace / ".git")
