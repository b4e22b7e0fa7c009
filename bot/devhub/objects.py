"""Commits, trees, blobs and differences, read from a bare repository."""

import re
from dataclasses import dataclass
from pathlib import Path

from bot.devhub.git import git
from bot.devhub.timestamps import iso

# What a first commit differs from.
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

_COMMIT_FORMAT = "%H%x00%T%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B%x00%x01"

# https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files
_STATUSES = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "T": "changed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit; author and committer have name, email and ISO date."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: dict[str, str]
    committer: dict[str, str]
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """One entry of a tree, with its path from the tree that was asked for."""

    mode: str
    type: str
    sha: str
    size: int | None
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """What a difference does to one file; a binary one has no patch."""

    path: str
    previous: str | None
    status: str
    blob: str
    additions: int
    deletions: int
    patch: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """The paths that a commit touched, against its first parent; a rename is two of them."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    modified: tuple[str, ...]


async def commits(repository: Path, *revisions: str, limit: int = 250) -> list[Commit]:
    """Return commits in `git log` order, newest first.

    Args:
        repository: the bare repository.
        revisions: as `git log` takes them, object names and not names from a request.
        limit: GitHub lists at most 250 commits of a pull request.
    """
    argv = ("log", f"--max-count={limit}", f"--format={_COMMIT_FORMAT}", *revisions, "--")
    printed = (await git(repository, *argv)).decode(errors="replace")
    return [_commit(record) for record in printed.split("\0\x01")[:-1]]


async def commit(repository: Path, sha: str) -> Commit:
    """Return one commit that exists."""
    return (await commits(repository, sha, limit=1))[0]


def _commit(record: str) -> Commit:
    sha, tree, parents, an, ae, at, cn, ce, ct, message = record.lstrip("\n").split("\0", 9)
    return Commit(
        sha=sha,
        tree=tree,
        parents=tuple(parents.split()),
        author={"name": an, "email": ae, "date": iso(int(at))},
        committer={"name": cn, "email": ce, "date": iso(int(ct))},
        message=message.rstrip("\n"),
    )


async def touched(repository: Path, shas: list[str]) -> dict[str, Touched]:
    """Return what each of some commits touched."""
    argv = ("log", "-z", "--no-walk=unsorted", "--stdin", "--format=%x01%H", "--name-status")
    against = ("--no-renames", "--diff-merges=first-parent")
    wanted = "\n".join(shas).encode()
    printed = await git(repository, *argv, *against, given=wanted) if shas else b""
    records = (each.split("\0") for each in printed.decode(errors="replace").split("\x01")[1:])
    return {sha: _touched(rest) for sha, *rest in records}


def _touched(fields: list[str]) -> Touched:
    """Read the statuses and paths that take turns after a commit's name."""
    named = [each for each in (field.lstrip("\n") for field in fields) if each]
    pairs = list(zip(named[::2], named[1::2], strict=True))
    added, removed = (tuple(path for sign, path in pairs if sign == one) for one in "AD")
    modified = tuple(path for sign, path in pairs if sign not in "AD")
    return Touched(added=added, removed=removed, modified=modified)


async def tree(
    repository: Path, treeish: str, path: str = "", *, recursive: bool = False
) -> list[TreeEntry]:
    """Return the entries of a tree, or the one entry that `path` names."""
    deep = ("-r", "-t") if recursive else ()
    where = (path,) if path else ()
    printed = await git(repository, "ls-tree", "-z", "--long", *deep, treeish, "--", *where)
    return [_entry(line) for line in printed.decode(errors="replace").split("\0")[:-1]]


def _entry(line: str) -> TreeEntry:
    facts, path = line.split("\t", 1)
    mode, kind, sha, size = facts.split()
    return TreeEntry(
        mode=mode, type=kind, sha=sha, size=None if size == "-" else int(size), path=path
    )


async def blob(repository: Path, sha: str) -> bytes:
    """Return the bytes of a blob that exists."""
    return await git(repository, "cat-file", "blob", sha)


async def kind(repository: Path, sha: str) -> str | None:
    """Return `commit`, `tree`, `blob` or `tag`; None for an object that is not there."""
    printed = await git(repository, "cat-file", "-t", sha, fine=(0, 1, 128))
    return printed.decode().strip() or None


async def changes(repository: Path, base: str, head: str) -> list[FileChange]:
    """Return what `head` changed since it left `base`, file by file, with real patches."""
    argv = ("diff", "--no-color", "--no-ext-diff", "--find-renames", "--full-index")
    span = _span(base, head)
    raw = (await git(repository, *argv, "--raw", "-z", *span, "--")).decode(errors="replace")
    counts = await git(repository, *argv, "--numstat", *span, "--")
    printed = await git(repository, *argv, "--patch", *span, "--")
    patches = re.split(r"^(?=diff --git )", printed.decode(errors="replace"), flags=re.MULTILINE)
    numbers = [line.split("\t")[:2] for line in counts.decode(errors="replace").splitlines()]
    return [
        _change(entry, number, patch)
        for entry, number, patch in zip(_raw_entries(raw), numbers, patches[1:], strict=True)
    ]


def _span(base: str, head: str) -> tuple[str, ...]:
    return (base, head) if base == EMPTY_TREE else (f"{base}...{head}",)


async def diff(repository: Path, base: str, head: str) -> str:
    """Return the unified diff of a pull request."""
    argv = ("diff", "--no-color", "--no-ext-diff", "--find-renames", *_span(base, head), "--")
    return (await git(repository, *argv)).decode(errors="replace")


def _raw_entries(raw: str) -> list[tuple[str, str, str | None, str]]:
    """Read `git diff --raw -z`: status, blob, previous path, path."""
    entries, fields = [], iter(raw.split("\0"))
    for facts in fields:
        if not facts:
            break
        _old_mode, _mode, old, new, status = facts.split()
        first = next(fields)
        previous, path = (first, next(fields)) if status[0] in "RC" else (None, first)
        entries.append((status[0], old if status[0] == "D" else new, previous, path))
    return entries


def _change(entry: tuple[str, str, str | None, str], number: list[str], patch: str) -> FileChange:
    status, blob, previous, path = entry
    hunks = patch.find("\n@@")
    added, deleted = ("0" if count == "-" else count for count in number)
    return FileChange(
        path=path,
        previous=previous,
        status=_STATUSES[status],
        blob=blob,
        additions=int(added),
        deletions=int(deleted),
        patch=None if hunks < 0 else patch[hunks + 1 :].rstrip("\n"),
    )
