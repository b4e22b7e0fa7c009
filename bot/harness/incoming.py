"""Work that comes as a bundle: its pack taken, and its tree put into the workspace.

It happens while no agent is there, in a box without network.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bot.harness.bundle import Bundle
from bot.harness.gitbox import GitBox
from bot.model.ids import Sha
from bot.model.inside import RESULT_REPO
from bot.rules.checkpoints import MOST
from bot.sandbox.folder import JobFolder
from bot.workspace.snapshot import GitFailed

FEW = 100
"""Objects below which a pack is not kept as one, which takes a third of the time.

https://git-scm.com/docs/git-config#Documentation/git-config.txt-transferunpackLimit
"""

_PACK = "incoming.pack"


@contextmanager
def incoming(folder: JobFolder, bundle: Bundle) -> Iterator[None]:
    """Lay the pack of a bundle beside the repository of snapshots while the block lasts."""
    pack = folder.result / _PACK
    pack.write_bytes(bundle.pack)
    try:
        yield
    finally:
        pack.unlink()


def take(git: GitBox, bundle: Bundle, there: Sequence[str] = ()) -> None:
    """Take that pack into a repository, having looked at every object.

    Args:
        git: in whose box the pack lies.
        bundle: whose pack it is.
        there: options of git that name another repository than that of snapshots.

    Raises:
        GitFailed: there is something in it that does not belong there.
    """
    bound = f"--max-input-size={MOST['work']}"
    few = bundle.objects < FEW
    how = ("unpack-objects", "-q") if few else ("index-pack", "--stdin", "--fix-thin")
    git.git((*there, *how, "--strict", bound), given=f"{RESULT_REPO}/{_PACK}")


def check_out(git: GitBox, base: Sha, tree: str) -> None:
    """Turn the workspace, which is the base, into a tree.

    Raises:
        GitFailed: git could not; the workspace is at its base.
    """
    at_base = f"{base}^{{tree}}"
    try:
        git.git(("read-tree", "-m", "-u", at_base, tree))
    except GitFailed:
        git.git(("read-tree", "--reset", "-u", at_base))
        raise
