"""What differs between two commits, read from git's plumbing without a checkout."""

import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bot.model.ids import Sha
from bot.workspace.git import Git

NONE = "0" * 40
"""What git writes where there is no object."""

LINK = "120000"
SUBMODULE = "160000"
PLAIN = ("100644", "100755")

_RAW = re.compile(
    r":(?P<was>\d{6}) (?P<mode>\d{6}) (?P<old>\w{40}) (?P<new>\w{40}) (?P<how>[A-Z])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One path that differs.

    Attributes:
        path: bytes that are no UTF-8 are surrogates.
        how: git's letter: A added, M changed, T of another type, D deleted.
        mode: what it is now, in git's octal; zeros when deleted.
        old: object it was, or zeros.
        new: object it is, or zeros.
    """

    path: str
    how: str
    mode: str
    old: Sha
    new: Sha

    @property
    def is_blob(self) -> bool:
        """Whether there is content to look at: a file or a link, not deleted."""
        return self.mode in {*PLAIN, LINK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines added and removed in one file; both 0 when git sees no lines."""

    added: int
    removed: int


async def changes(git: Git, at: Path, base: Sha, result: Sha) -> list[Change]:
    """Return every path that differs, renames as a deletion and an addition."""
    raw = await git.out(at, "diff-tree", "-r", "-z", "--raw", "--no-renames", base, result)
    fields = _text(raw).split("\0")
    return [
        Change(
            path=path,
            how=match["how"],
            mode=match["mode"],
            old=Sha(match["old"]),
            new=Sha(match["new"]),
        )
        for head, path in zip(fields[::2], fields[1::2], strict=False)
        if (match := _RAW.fullmatch(head))
    ]


async def lines(git: Git, at: Path, base: Sha, result: Sha) -> Mapping[str, Lines]:
    """Return the lines of every path that differs, as `git diff --numstat` counts them."""
    plain = ("--no-renames", "--no-ext-diff", "--no-textconv")
    out = await git.out(at, "diff-tree", "-r", "-z", "--numstat", *plain, base, result)
    counted = {}
    for record in _text(out).split("\0")[:-1]:
        added, removed, path = record.split("\t", 2)
        binary = added == "-"
        counted[path] = Lines(
            added=0 if binary else int(added), removed=0 if binary else int(removed)
        )
    return counted


async def patch(git: Git, at: Path, base: Sha, result: Sha) -> str:
    """Return the difference as people read it; of binary files it says only that they differ."""
    plain = ("--no-renames", "--no-ext-diff", "--no-textconv", "--no-color")
    out = await git.out(at, "diff-tree", "-r", "-p", *plain, base, result)
    return out.decode(errors="replace")


async def attributes(
    git: Git, at: Path, commit: Sha, paths: Iterable[str], attribute: str
) -> Mapping[str, str]:
    """Return what the `.gitattributes` of a commit's tree say of some paths."""
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": f"{folder}/index"}
        alone = replace(git, environment={**git.environment, **index})
        await alone.out(at, "read-tree", commit)
        asked = "".join(f"{path}\0" for path in paths).encode(errors="surrogateescape")
        words = ("check-attr", "--cached", "-z", "--stdin", attribute)
        fields = _text(await alone.out(at, *words, stdin=asked)).split("\0")
    return dict(zip(fields[::3], fields[2::3], strict=False))


async def blobs(git: Git, at: Path, commit: Sha) -> frozenset[Sha]:
    """Return every file's content in a commit's tree, by its name."""
    out = await git.out(at, "ls-tree", "-r", "-z", commit)
    entries = (line.partition("\t")[0].split() for line in _text(out).split("\0")[:-1])
    return frozenset(Sha(sha) for _, kind, sha in entries if kind == "blob")


async def sizes(git: Git, at: Path, objects: Iterable[Sha]) -> Mapping[Sha, int]:
    """Return the bytes of each object that is there."""
    asked = "".join(f"{sha}\n" for sha in objects).encode("ascii")
    form = "--batch-check=%(objectname) %(objectsize)"
    out = await git.out(at, "cat-file", form, stdin=asked)
    pairs = (line.split() for line in out.decode("ascii").splitlines())
    return {Sha(sha): int(size) for sha, size in pairs if size != "missing"}


async def contents(git: Git, at: Path, objects: Iterable[Sha]) -> Mapping[Sha, bytes]:
    """Return the content of each object; their sizes in all must be below `git.most`."""
    asked = "".join(f"{sha}\n" for sha in objects).encode("ascii")
    out = await git.out(at, "cat-file", "--batch=%(objectname) %(objectsize)", stdin=asked)
    found, start = {}, 0
    while start < len(out):
        end = out.index(b"\n", start)
        sha, size = out[start:end].decode("ascii").split()
        start = end + 1 + int(size)
        found[Sha(sha)] = out[end + 1 : start]
        start += 1
    return found


async def paths(git: Git, at: Path, commit: Sha) -> list[str]:
    """Return every path of a commit's tree."""
    out = await git.out(at, "ls-tree", "-r", "-z", "--name-only", commit)
    return _text(out).split("\0")[:-1]


def _text(raw: bytes) -> str:
    return raw.decode(errors="surrogateescape")
