"""Checked-out trees that wait for a job, one folder for each commit.

A lower is never written to once it has its name: jobs see it through an overlay, and
the next one is made by linking the files of the one before and letting git replace
what differs (git unlinks a file before it writes it).  Every file has the same old
modification time and the index was written long after, so that the first `git status`
in an overlay reads no file.
"""

import asyncio
import os
import re
import shutil
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from bot.model import inside
from bot.model.errors import Refused
from bot.model.ids import JobName, Repo, Sha
from bot.workspace.git import GIT, SHA, Git
from bot.workspace.locks import locked
from bot.workspace.mirror import Mirrors, checked

_WRITTEN = 1_000_000_000
"""Unix time of every file in a lower; after 1980, which zip archives ask for."""

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_TAGS = "refs/tags"
_JOB = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}", re.ASCII)

# checkStat and trustctime: an overlay changes device, inode, owner and times of change.
_CONFIG = """\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = false
\tlogallrefupdates = true
\tcheckStat = minimal
\ttrustctime = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
"""


class Lowers:
    """The lowers below one folder.

    Args:
        root: the folder; a lower lies at `OWNER/NAME/SHA` in it.
        mirrors: where the commits are.
        git: how git is started.
        keep: how many lowers of a repository stay, beside those that jobs hold.
    """

    def __init__(self, root: Path, mirrors: Mirrors, git: Git = GIT, *, keep: int = 3) -> None:
        self._root = root
        self._mirrors = mirrors
        self._git = replace(git, seconds=600.0)
        self._keep = keep

    async def lower(self, repo: Repo, sha: Sha) -> Path:
        """Return the lower of a commit that the mirror has; build it when it is missing.

        Raises:
            Refused: the repository's name or the SHA is none, or the commit is not there, or
                its tree has names that git refuses to write.
        """
        shelf = self._shelf(repo)
        lower = shelf / _named(SHA, sha)
        if _usable(lower):
            return lower
        async with locked(shelf / "build.lock") as descriptor:
            _forget_other_boots(shelf)
            if not _usable(lower):
                await self._build(repo, lower, descriptor)
                await self._prune(shelf)
        return lower

    async def hold(self, repo: Repo, sha: Sha, job: JobName) -> Path:
        """Return the lower, which stays until the job is released, whoever dies before."""
        shelf = self._shelf(repo)
        lower = shelf / _named(SHA, sha)
        # The lease comes first: from here on nobody prunes the lower, built or yet to be.
        async with locked(shelf / "leases.lock"):
            _leases(lower).mkdir(exist_ok=True)
            (_leases(lower) / _named(_JOB, job)).touch()
        return await self.lower(repo, sha)

    def release(self, job: JobName) -> None:
        """Let go of what the job held.  Nothing happens when it held nothing."""
        for lease in self._root.glob(f"*/*/*.held/{_named(_JOB, job)}"):
            lease.unlink(missing_ok=True)

    def held(self) -> set[JobName]:
        """Return the jobs that hold a lower."""
        return {JobName(lease.name) for lease in self._root.glob("*/*/*.held/*")}

    def _shelf(self, repo: Repo) -> Path:
        shelf = self._root / checked(repo)
        shelf.mkdir(parents=True, exist_ok=True)
        return shelf

    async def _build(self, repo: Repo, lower: Path, descriptor: int) -> None:
        sha = Sha(lower.name)
        fresh = lower.with_suffix(".new")
        git_dir = fresh / ".git"
        mirror = self._mirrors.path(repo)
        borrowed = {
            "GIT_WORK_TREE": str(fresh),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": f"{mirror}/objects",
        }
        git = replace(self._git, inherits=(descriptor,), environment=borrowed)
        tags = await git.out(mirror, "for-each-ref", "--format=%(objectname) %(refname)", _TAGS)
        await asyncio.to_thread(_begin, fresh, sha, tags)
        parallel = ("-c", "checkout.workers=0")
        finished = await git.run(git_dir, *parallel, "read-tree", "--reset", "-u", sha)
        if finished.code != 0:
            raise Refused("tree", f"Git cannot check out {sha}: {finished.err[-500:]}")
        await asyncio.to_thread(_age, fresh)
        await git.out(git_dir, "update-index", "-q", "--refresh")
        (git_dir / "objects/info/alternates").write_text(f"{inside.MIRROR}/objects\n")
        _leases(lower).mkdir(exist_ok=True)
        fresh.rename(lower)

    async def _prune(self, shelf: Path) -> None:
        async with locked(shelf / "leases.lock"):
            for lower in _unheld(shelf)[self._keep :]:
                lower.rename(lower.with_suffix(".old"))
                _leases(lower).rmdir()
        await asyncio.to_thread(_clear, shelf)


def _named(pattern: re.Pattern[str], name: str) -> str:
    """Return `name` if it may be part of a path."""
    if not pattern.fullmatch(name):
        raise Refused("name", f"{name!a} cannot be the name of a commit or a job.")
    return name


def _leases(lower: Path) -> Path:
    return lower.with_suffix(".held")


def _lowers(shelf: Path) -> list[Path]:
    """Return the lowers of a repository, the last used one first."""
    found = [path for path in shelf.iterdir() if SHA.fullmatch(path.name)]
    return sorted(found, key=lambda lower: -_leases(lower).stat().st_mtime)


def _unheld(shelf: Path) -> list[Path]:
    return [lower for lower in _lowers(shelf) if not any(_leases(lower).iterdir())]


def _clear(shelf: Path) -> None:
    """Remove what was given up, and what a killed worker had begun."""
    for path in (*shelf.glob("*.old"), *shelf.glob("*.new")):
        shutil.rmtree(path)


def _usable(lower: Path) -> bool:
    return lower.is_dir() and _boot(lower.parent) == _BOOT.read_text(encoding="ascii")


def _boot(shelf: Path) -> str:
    try:
        return (shelf / "boot").read_text(encoding="ascii")
    except FileNotFoundError:
        return ""


def _forget_other_boots(shelf: Path) -> None:
    """Drop what was written before the machine went down: nothing here is ever synced."""
    now = _BOOT.read_text(encoding="ascii")
    if _boot(shelf) == now:
        return
    for lower in _lowers(shelf):
        lower.rename(lower.with_suffix(".old"))
    (shelf / "boot").write_text(now, encoding="ascii")


def _begin(fresh: Path, sha: Sha, tags: bytes) -> None:
    """Lay out a lower up to its tree, which is the last used one's until git changes it."""
    shutil.rmtree(fresh, ignore_errors=True)
    git_dir = fresh / ".git"
    for last in _lowers(fresh.parent)[:1]:
        shutil.copytree(last, fresh, symlinks=True, copy_function=_link, ignore=_repository)
        git_dir.mkdir()
        shutil.copyfile(last / ".git/index", git_dir / "index")
    for folder in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
        (git_dir / folder).mkdir(parents=True)
    (git_dir / "HEAD").write_text(f"{sha}\n", encoding="ascii")
    (git_dir / "config").write_text(_CONFIG, encoding="ascii")
    (git_dir / "packed-refs").write_bytes(tags)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # too many links, or a filesystem without
        shutil.copy2(source, target)


def _repository(_folder: str, names: list[str]) -> Collection[str]:
    return {".git"}.intersection(names)


def _age(tree: Path) -> None:
    """Give every file the same modification time; most have it from the lower before."""
    for path in _files(tree):
        if path.stat(follow_symlinks=False).st_mtime != _WRITTEN:
            os.utime(path.path, (_WRITTEN, _WRITTEN), follow_symlinks=False)


def _files(tree: Path) -> Iterator[os.DirEntry[str]]:
    folders = [os.fspath(tree)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    yield entry
                elif entry.name != ".git":
                    folders.append(entry.path)
