"""What is in a tree, also where no repository of ours has it but only a bundle that a job left.

A job says by name which tree is meant, and a name is believed of nobody: git reads every object
of the bundle and gives each the name that its content has.  So what is listed here is the tree
of that name, whoever has sent it.
"""

import tempfile
from pathlib import Path

from bot.model.errors import Refused
from bot.model.ids import Sha
from bot.workspace.git import GIT, Git
from bot.workspace.snapshot import GitFailed

NOT_THERE = "The tree that is meant is not in what there is of it."

_HEAD_ENDS = b"\n\n"
_BORROWS = "objects/info/alternates"


async def listed(mirror: Path, tree: Sha, git: Git = GIT) -> str:
    """List the files of a tree or a commit that the mirror has.

    Returns:
        The lines of `git ls-tree -r -z`; bytes that are no UTF-8 are surrogates.

    Raises:
        Refused: `tree`, the mirror does not have it; `too_large`, it has too many files.
        Unavailable: git took too long.
    """
    try:
        lines = await git.out(mirror, "ls-tree", "-r", "-z", "--full-tree", tree)
    except GitFailed:
        raise Refused("tree", NOT_THERE) from None
    return lines.decode(errors="surrogateescape")


async def listed_of(mirror: Path, tree: Sha, bundle: bytes, git: Git = GIT, *, most: int) -> str:
    """List the files of a tree that a bundle holds, on top of what the mirror has.

    Args:
        mirror: has what the bundle was made against.
        tree: which one.
        bundle: as a job has left it.
        git: how git is started.
        most: bytes of the bundle's pack.

    Raises:
        Refused: `tree`, it is not in there, or the bundle is broken; `too_large`, it has too
            many files.
        Unavailable: git took too long.
    """
    _, _, pack = bundle.partition(_HEAD_ENDS)
    with tempfile.TemporaryDirectory(prefix="greenroom-") as folder:
        scratch = _laid_out(Path(folder), mirror)
        takes = ("index-pack", "--stdin", "--fix-thin", "--strict", f"--max-input-size={most}")
        try:
            await git.out(scratch, *takes, stdin=pack)
        except GitFailed:
            raise Refused("tree", NOT_THERE) from None
        return await listed(scratch, tree, git)


def _laid_out(scratch: Path, mirror: Path) -> Path:
    """Make a repository that has nothing of its own, in a fraction of the time that git takes."""
    for name in ("objects/info", "objects/pack", "refs"):
        (scratch / name).mkdir(parents=True)
    (scratch / _BORROWS).write_text(f"{mirror.absolute()}/objects\n")
    (scratch / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
    return scratch
