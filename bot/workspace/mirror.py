"""A warm bare mirror of each repository, which everything else borrows objects from.

One process fetches a repository at a time; the others wait and, when a fetch began
after they asked, are content with it.  No object ever leaves a mirror: quarantines,
trees and sandboxes borrow from it for as long as they live, so there is no gc.
"""

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from pydantic import SecretStr

from bot.model.errors import Refused
from bot.model.ids import Repo, Sha
from bot.workspace.git import GIT, SHA, Git, Login
from bot.workspace.locks import locked
from bot.workspace.remote import trouble

SERVED = {"uploadpack.allowFilter": "true", "uploadpack.hideRefs": "refs/pull"}
"""Settings for whoever serves a mirror to a sandbox: partial clones yes, forks' heads no."""

_HEADS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")

# https://docs.github.com/en/enterprise-cloud@latest/admin/managing-iam/iam-configuration-reference/username-considerations-for-external-authentication
_OWNER = r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}"
_NAME = r"[A-Za-z0-9._-]{1,100}"
_REPO = re.compile(rf"{_OWNER}/(?!\.\.?\Z){_NAME}", re.ASCII)

_LOOSE = 2_000
_PACKS = 40
"""Loose objects and packs from which on `tidy` has something to do."""


class Mirrors:
    """The mirrors below one folder.

    Args:
        root: the folder; a mirror lies at `OWNER/NAME.git` in it.
        git: how git is started.
        seconds: how long one fetch may take; the first one of a large repository is long.
    """

    def __init__(self, root: Path, git: Git = GIT, *, seconds: float = 1800.0) -> None:
        self._root = root
        self._git = git
        self._seconds = seconds

    def path(self, repo: Repo) -> Path:
        """Return where the mirror of `repo` is, or would be.

        Raises:
            Refused: the name could not be a repository's on GitHub.
        """
        return self._root / f"{checked(repo)}.git"

    async def fetch(
        self, repo: Repo, url: str, token: SecretStr | None, *, pull: int | None = None
    ) -> None:
        """Bring all branches and tags up to date, and the head of one pull request, if named.

        Raises:
            Unavailable: the server did not answer, or the token was not taken.
            Refused: the server says no.
        """
        mirror = self.path(repo)
        lock = _lock(mirror)
        lock.parent.mkdir(parents=True, exist_ok=True)
        asked = _Fetches.read(lock)
        async with locked(lock) as descriptor:
            fetches = _Fetches.read(lock)
            if pull is None and fetches.done > asked.begun and mirror.is_dir():
                return
            if fetches.done < fetches.begun:
                _sweep(mirror)
            begun = _Fetches(begun=fetches.begun + 1, done=fetches.done)
            begun.write(descriptor)
            login = Login(url=url, token=token) if token else None
            git = replace(self._git, inherits=(descriptor,), login=login)
            await self._fetch(replace(git, seconds=self._seconds), mirror, url, _refs(pull))
            begun._replace(done=begun.begun).write(descriptor)

    async def _fetch(self, git: Git, mirror: Path, url: str, refs: Sequence[str]) -> None:
        if _missing(mirror):
            await _create(git, mirror)
        quiet = ("--no-auto-maintenance", "--no-write-fetch-head", "--no-recurse-submodules")
        words = ("fetch", "--prune", "--no-tags", *quiet, "--", url, *refs)
        finished = await git.run(mirror, *words)
        if finished.code != 0:
            raise trouble(finished, sent=False)

    async def resolve(self, repo: Repo, ref: str) -> Sha | None:
        """Return the commit that `ref` names in the mirror, or None.

        Args:
            repo: whose mirror.
            ref: a full name, a branch's name or a full SHA; no other of git's notations.
        """
        mirror = self.path(repo)
        if _missing(mirror):
            return None
        name = ref
        if not SHA.fullmatch(ref):
            full = ref if ref.startswith("refs/") else f"refs/heads/{ref}"
            found = await self._git.run(mirror, "show-ref", "--verify", "--hash", "--", full)
            name = found.out.decode("ascii").strip()
        verify = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        commit = await self._git.run(mirror, *verify)
        return Sha(commit.out.decode("ascii").strip()) if name and commit.code == 0 else None

    async def tidy(self, repo: Repo) -> bool:
        """Roll many small packs and loose objects up into fewer; say whether there was need.

        Nothing is dropped, also what no ref reaches, so it may run while others borrow.
        """
        mirror = self.path(repo)
        async with locked(_lock(mirror)) as descriptor:
            counted = await self._git.out(mirror, "count-objects", "-v")
            counts = dict(line.split(": ") for line in counted.decode("ascii").splitlines())
            if int(counts["count"]) < _LOOSE and int(counts["packs"]) < _PACKS:
                return False
            git = replace(self._git, inherits=(descriptor,), seconds=self._seconds)
            await git.out(mirror, "repack", "--geometric=2", "-d", "-q")
            await git.out(mirror, "pack-refs", "--all")
            return True


def checked(repo: Repo) -> Repo:
    """Return `repo` if it can be a repository's name, so that paths made from it stay inside.

    Raises:
        Refused: it cannot.
    """
    if not _REPO.fullmatch(repo):
        raise Refused("repository_name", f"{repo!a} is not the name of a repository.")
    return repo


def _refs(pull: int | None) -> tuple[str, ...]:
    """Name what is fetched.  GitHub keeps the head of a pull request, a fork's too, in a ref.

    https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/reviewing-changes-in-pull-requests/checking-out-pull-requests-locally
    """
    head = f"refs/pull/{pull}/head"
    return _HEADS if pull is None else (*_HEADS, f"+{head}:{head}")


class _Fetches(NamedTuple):
    """The number of the last fetch that began, and of the last that was done; in the lock file.

    Whoever reads `begun` before it waits knows afterwards whether a fetch that began
    later has ended well, without a clock.
    """

    begun: int
    done: int

    @classmethod
    def read(cls, lock: Path) -> "_Fetches":
        try:
            begun, done = lock.read_text(encoding="ascii").split()
        except (FileNotFoundError, ValueError):
            return cls(0, 0)
        return cls(int(begun), int(done))

    def write(self, descriptor: int) -> None:
        os.pwrite(descriptor, f"{self.begun:020} {self.done:020}\n".encode("ascii"), 0)


def _lock(mirror: Path) -> Path:
    return mirror.with_suffix(".lock")


def _missing(mirror: Path) -> bool:
    return not mirror.is_dir()


async def _create(git: Git, mirror: Path) -> None:
    """Make an empty mirror that other users may read, whatever this process's umask is."""
    fresh = mirror.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    await git.out(fresh, "init", "--quiet", "--bare", "--template=", "--shared=0644")
    fresh.rename(mirror)


def _sweep(mirror: Path) -> None:
    """Remove what a killed fetch left: nobody else writes here while we hold the lock."""
    left = (
        *mirror.glob("*.lock"),
        *(mirror / "refs").rglob("*.lock"),
        *(mirror / "objects").glob("pack/*tmp_*"),
        *(mirror / "objects").glob("??/tmp_obj_*"),
    )
    for path in left:
        path.unlink(missing_ok=True)
