"""The working folder as git trees: marked, and brought back to a mark.

An index of our own is used, so that nobody's is touched.  What git ignores is in no mark.
"""

import shutil
from pathlib import Path

from bot.agents.programs import Programs


class GitFailed(Exception):
    """Git ended with an error; the text is its own words."""


class Tree:
    """The working folder of `programs`.

    Args:
        index: where the index of our own lies; its folder has to exist.
    """

    def __init__(self, programs: Programs, index: Path) -> None:
        self._programs = programs
        self._index = index
        ours = programs.top / ".git" / "index"
        if ours.is_file():
            shutil.copy(ours, index)

    def mark(self, *, new_files: bool = True) -> str:
        """Return the tree as it is; without new files, only what was in the last mark.

        Raises:
            GitFailed: git could not.
        """
        self.git("add", "--all" if new_files else "--update", ".")
        return self.git("write-tree").strip()

    def of(self, commit: str) -> str | None:
        """Return the mark of a commit; None where there is no such commit."""
        try:
            return self.git("rev-parse", "--verify", "--quiet", f"{commit}^{{tree}}").strip()
        except GitFailed:
            return None

    def back_to(self, mark: str) -> None:
        """Make the folder what it was; what came since the last mark is removed.

        Raises:
            GitFailed: git could not.
        """
        self.git("clean", "-ffdq")  # twice, or repositories in it would stay
        self.git("read-tree", "--reset", "-u", mark)

    def git(self, *words: str) -> str:
        """Run git with our index.

        Raises:
            GitFailed: it ended with an error.
        """
        calm = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")
        done = self._programs.run("git", *calm, *words, GIT_INDEX_FILE=str(self._index))
        if done.returncode != 0:
            raise GitFailed(done.stderr.strip() or f"git {words[0]} failed")
        return done.stdout
