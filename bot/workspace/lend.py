"""Shows a server the objects of a commit for a while, under a ref that starts nothing.

Branches and tags start CI; of refs elsewhere GitHub tells nobody.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import SecretStr

from bot.model.ids import RunId, Sha
from bot.workspace.git import GIT, Git, Login
from bot.workspace.remote import trouble

MISSING = "remote ref does not exist"
"""What git says of a ref that is to be removed and is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What a commit says and holds, without who made it and when."""

    message: str
    tree: Sha
    parents: tuple[Sha, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """Where the commit of a run lies for that while.

    Attributes:
        url: the repository on the server, without a credential in it.
    """

    url: str
    run: RunId
    token: SecretStr | None

    @property
    def ref(self) -> str:
        """The ref, in full."""
        return f"refs/greenroom/{self.run.lower()}"


async def sealed(quarantine: Path, commit: Sha, git: Git = GIT) -> Sealed:
    """Read a commit."""
    raw = (await git.out(quarantine, "cat-file", "commit", commit)).decode(errors="replace")
    head, _, message = raw.partition("\n\n")
    fields = [line.partition(" ") for line in head.split("\n")]
    return Sealed(
        message=message.rstrip("\n"),
        tree=next(Sha(value) for name, _, value in fields if name == "tree"),
        parents=tuple(Sha(value) for name, _, value in fields if name == "parent"),
    )


async def lend(quarantine: Path, commit: Sha, loan: Loan, git: Git = GIT) -> None:
    """Push a commit and all that it needs to there, whatever lies there.

    Raises:
        Refused: the server says no, in its words.
        Unavailable: no answer.
    """
    await _push(quarantine, f"+{commit}:{loan.ref}", loan, git)


async def take_back(quarantine: Path, loan: Loan, git: Git = GIT) -> None:
    """Remove the ref; nothing happens when it is gone.  Raises as `lend` does."""
    await _push(quarantine, f":{loan.ref}", loan, git)


async def _push(quarantine: Path, what: str, loan: Loan, git: Git) -> None:
    login = Login(url=loan.url, token=loan.token) if loan.token else None
    words = ("push", "--porcelain", "--no-verify", "--", loan.url, what)
    finished = await replace(git, login=login).run(quarantine, *words)
    if finished.code != 0 and MISSING not in finished.err:
        raise trouble(finished, sent=True)
