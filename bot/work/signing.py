"""A branch at a commit that GitHub has signed.

GitHub signs what an app makes through the API without naming an author.  The tree of such
a commit must be there first: ours is lent under a ref that starts no CI, GitHub makes its
own commit of the same tree, and the branch gets only that one.

https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots
"""

from pathlib import Path

from bot.github.client import AtRepository
from bot.github.commits import Commit
from bot.github.errors import UNPROCESSABLE
from bot.model.errors import Refused
from bot.model.ids import Sha
from bot.model.priorities import Priority
from bot.workspace.deliver import Target, elsewhere
from bot.workspace.lend import Loan, lend, sealed, take_back


async def push_signed(
    at: AtRepository, quarantine: Path, commit: Sha, target: Target, loan: Loan
) -> Sha:
    """Bring a branch to a signed commit that says and holds what `commit` does; return it.

    Each time GitHub makes another commit, so a branch that has one already is left as it is.
    A branch is never turned back.

    Raises:
        Refused: the branch is elsewhere, or GitHub says no, in its words.
        Unavailable: no answer; to be done again.
    """
    ours = await sealed(quarantine, commit)
    wanted = Commit(message=ours.message, tree=ours.tree, parents=ours.parents)
    ref = f"refs/heads/{target.branch}"
    tip = await at.commits.tip(ref)
    if tip is not None and tip != target.onto and await _says(at, tip, wanted):
        await take_back(quarantine, loan)
        return tip
    if tip != target.onto:
        raise elsewhere(target)
    await lend(quarantine, commit, loan)
    try:
        return await _made(at, wanted, target)
    finally:
        await take_back(quarantine, loan)


async def _made(at: AtRepository, wanted: Commit, target: Target) -> Sha:
    ref = f"refs/heads/{target.branch}"
    made = await at.commits.create(wanted, priority=Priority.RESULT)
    move = at.commits.advance if target.onto else at.commits.point
    try:
        await move(ref, made, priority=Priority.RESULT)
    except Refused as problem:
        if problem.reason != UNPROCESSABLE or await at.commits.tip(ref) == target.onto:
            raise
        raise elsewhere(target) from None
    return made


async def _says(at: AtRepository, sha: Sha, wanted: Commit) -> bool:
    """Tell whether a commit is the one that is wanted; who made it and when does not count."""
    found = await at.commits.get(sha)
    same = (found.tree, found.parents) == (wanted.tree, wanted.parents)
    return same and found.message.strip() == wanted.message.strip()
