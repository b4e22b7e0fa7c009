"""Objects that are made through the API: blobs, trees, and commits that GitHub signs.

https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots
"""

import base64
import hashlib
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.devhub.git import git
from bot.devhub.records import Account, Repository
from bot.devhub.shapes.accounts import email_of

GITHUB = ("GitHub", "noreply@github.com")
"""Who commits what GitHub signs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """An author or committer, at a time in unix seconds."""

    name: str
    email: str
    at: float

    def line(self) -> str:
        """Return it as it stands in a commit, in UTC."""
        return f"{self.name} <{self.email}> {int(self.at)} +0000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One path of a new tree; no object means that the path goes."""

    path: str
    mode: str
    sha: str | None


def of(account: Account, at: float) -> Signature:
    """Return how an account signs its commits."""
    return Signature(name=account.login, email=email_of(account), at=at)


def well_formed(path: str) -> bool:
    """Return whether a tree may hold a path; git itself would leave others out in silence."""
    steps = path.lower().split("/")
    return "\0" not in path and not {"", ".", "..", ".git"} & set(steps)


async def blob(repository: Repository, content: bytes) -> str:
    """Write a blob and return its name."""
    argv = ("hash-object", "-w", "--stdin")
    return (await git(repository.path, *argv, given=content)).decode().strip()


async def tree(repository: Repository, base: str | None, entries: Iterable[Entry]) -> str:
    """Write a tree, on top of another if there is one, and return its name.

    Raises:
        GitFailed: a mode or an object that does not go together.
    """
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder, "index")
        if base is not None:
            await git(repository.path, "read-tree", base, index=index)
        lines = (
            f"{each.mode if each.sha else 0} {each.sha or '0' * 40}\t{each.path}\0"
            for each in entries
        )
        argv = ("update-index", "-z", "--add", "--replace", "--index-info")
        await git(repository.path, *argv, given="".join(lines).encode(), index=index)
        return (await git(repository.path, "write-tree", index=index)).decode().strip()


async def commit(  # noqa: PLR0913 - what a commit is made of
    repository: Repository,
    tree: str,
    parents: Iterable[str],
    message: str,
    *,
    author: Signature,
    committer: Signature,
    signed: bool = False,
) -> str:
    """Write a commit and return its name.

    Args:
        repository: where; a signature is remembered for its whole network.
        tree: must be there, as the parents.
        parents: none for a first commit.
        message: as it is.
        author: who wrote the change.
        committer: who made the commit.
        signed: whether GitHub signs it.
    """
    heads = [f"tree {tree}", *(f"parent {each}" for each in parents)]
    heads += [f"author {author.line()}", f"committer {committer.line()}"]
    payload = "\n".join([*heads, "", message])
    signature = _signature(payload) if signed else None
    if signature is not None:
        heads.append("gpgsig " + signature.replace("\n", "\n "))
    raw = "\n".join([*heads, "", message]).encode()
    argv = ("hash-object", "-t", "commit", "-w", "--stdin")
    sha = (await git(repository.path, *argv, given=raw)).decode().strip()
    if signature is not None:
        repository.signed[sha] = (signature, payload)
    return sha


def _signature(payload: str) -> str:
    """Return what looks like GitHub's signature; only the hub itself can tell that it is one."""
    digest = base64.b64encode(hashlib.sha512(payload.encode()).digest()).decode()
    return f"-----BEGIN PGP SIGNATURE-----\n\n{digest}\n-----END PGP SIGNATURE-----\n"
