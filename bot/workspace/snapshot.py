"""What the agent left in its workspace, as one commit.

It runs beside the agent's sandbox, in other people's images too, and imports nothing
but the standard library and plain values.  Git works in a box without network: its
repository lies outside the workspace, so that nothing the agent wrote there (settings,
hooks, filter drivers, an index) is ever read.  Only file names and contents are.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.model import inside
from bot.model.gitconfig import git_config
from bot.model.ids import Sha

RunGit = Callable[[Sequence[str]], Awaitable[str]]
"""Runs git with these words in the box and returns what it wrote.

Bytes that are no UTF-8 travel as surrogates, both ways (`errors="surrogateescape"`).
Raises `GitFailed` when git ends with an error.
"""

RESULT_REF = "refs/heads/result"
"""Where the snapshot's commit is kept, and the only ref that a quarantine takes."""

WORK_REF = "refs/greenroom/work"
"""Where the work in progress is kept, in that repository and in the bundle of a checkpoint."""

CALM: tuple[tuple[str, str], ...] = (
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.attributesFile", "/dev/null"),
    ("core.excludesFile", "/dev/null"),
    ("core.protectHFS", "true"),
    ("core.protectNTFS", "true"),
    ("core.checkStat", "minimal"),
    ("core.trustctime", "false"),
    ("core.logAllRefUpdates", "false"),
    ("core.pager", "cat"),
    ("credential.helper", ""),
    ("fetch.recurseSubmodules", "false"),
    ("submodule.recurse", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("advice.detachedHead", "false"),
    ("safe.directory", "*"),
)
"""Settings that keep git from running, reading or starting anything on its own."""

ALONE: Mapping[str, str] = {
    "LC_ALL": "C",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
}
"""Variables that keep git from asking anybody, and from reading a word as more than it says."""

_TAKEN = ("100644", "100755", "120000")
_WORDS = 64 * 1024
"""Bytes of paths on one command line; Linux takes 128 KiB in one word and megabytes in all."""

_DISK = re.compile(r"no space left|unable to (?:write|create)|quota exceeded", re.IGNORECASE)
"""What git says when not a path but its own repository is in trouble."""

_RAW = re.compile(r":\d+ (?P<mode>\d+) \S+ \S+ (?P<status>[A-Z])\d*\Z")


class GitFailed(Exception):
    """Git ended with an error where none was expected."""

    def __init__(self, words: Sequence[str], said: str) -> None:
        self.said = said
        super().__init__(f"git {words[0]}: {said}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who stands in a commit."""

    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What stands in a commit beside its tree."""

    message: str
    author: Author


def snapshot_environment() -> dict[str, str]:
    """Return the whole environment, except PATH, of the git that takes a snapshot in a box."""
    return {
        "GIT_DIR": inside.RESULT_REPO,
        "GIT_WORK_TREE": inside.WORKSPACE,
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": f"{inside.MIRROR}/objects",
        **ALONE,
        **git_config(CALM),
    }


def seed(git_dir: Path, index: Path, excluded: bytes = b"") -> None:
    """Lay out the snapshot's repository, with the index of the tree that the agent starts from.

    Call it before the agent starts: `index` is the workspace's `.git/index`, which the
    agent may write afterwards.  It knows size and time of every file, so that a snapshot
    reads only what has changed.  A repository that was laid out before stays as it is.
    `excluded` are patterns of what is never part of a snapshot.
    """
    if (git_dir / "HEAD").exists():
        return
    (git_dir / "objects" / "pack").mkdir(parents=True, exist_ok=True)
    (git_dir / "refs" / "heads").mkdir(parents=True, exist_ok=True)
    (git_dir / "index").write_bytes(index.read_bytes())
    (git_dir / "info").mkdir(exist_ok=True)
    (git_dir / "info" / "exclude").write_bytes(excluded)
    (git_dir / "HEAD").write_text(f"ref: {RESULT_REF}\n", encoding="ascii")


Choose = Callable[[Sequence[str], Sequence[str]], Collection[str]]
"""Told which paths have changed and which are gone; returns those of the first to leave out."""


async def snapshot(git: RunGit, base: Sha, message: str, author: Author) -> Sha | None:
    """Commit the workspace as it is on top of `base`, and return the commit.

    New files count unless ignored.  Repositories inside the workspace, sockets, pipes,
    devices and names that git refuses are left out; a tracked file that one of them has
    replaced stays as it was.

    Returns:
        The commit, also kept in `RESULT_REF`, or None when nothing differs from `base`.

    Raises:
        GitFailed: the repository laid out by `seed` is broken, or its disk full.
    """
    tree = await tree_of(git)
    if tree == await tree_at(git, base):
        return None
    made = await commit(git, tree, base, Words(message=message, author=author))
    await git(("update-ref", RESULT_REF, made))
    return made


async def tree_of(git: RunGit, leave_out: Choose = lambda *_: (), last: str | None = None) -> str:
    """Return the workspace as a tree, without what `leave_out` chooses; raises as `snapshot`.

    `last` is the tree that this has returned before, if nothing else was done since.
    """
    if not await _stage(git, leave_out) and last is not None:
        return last
    return (await git(("write-tree",))).strip()


async def tree_at(git: RunGit, commit: Sha) -> str:
    """Return the tree of a commit."""
    return (await git(("rev-parse", f"{commit}^{{tree}}"))).strip()


async def commit(git: RunGit, tree: str, base: Sha, words: Words) -> Sha:
    """Commit a tree on top of `base`; it is in no ref yet."""
    author = words.author
    identity = ("-c", f"user.name={author.name}", "-c", f"user.email={author.email}")
    made = await git((*identity, "commit-tree", tree, "-p", base, "-m", words.message))
    return Sha(made.strip())


def point(git_dir: Path, ref: str, commit: Sha) -> None:
    """Have a ref of the repository name a commit, in a tenth of the time that git takes."""
    path = git_dir / ref
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{commit}\n", encoding="ascii")


async def _stage(git: RunGit, leave_out: Choose) -> bool:
    """Bring the index to what the workspace is; False where it is that already."""
    # Git would start itself in a submodule, under settings that the agent wrote there.
    raw = await git(("diff-files", "--raw", "-z", "--no-renames", "--ignore-submodules=all"))
    changed, gone = _sorted(raw)
    others = await git(("ls-files", "--others", "--exclude-standard", "-z"))
    # A trailing slash marks a repository of its own.
    new = [path for path in others.split("\0") if path and not path.endswith("/")]
    left = frozenset(leave_out([*changed, *new], gone))
    for paths in _batches(gone):
        await git(("update-index", "--force-remove", "--", *paths))
    for paths in _batches([path for path in (*changed, *new) if path not in left]):
        await _add(git, paths)
    return bool(changed or new or gone)


def _sorted(raw: str) -> tuple[list[str], list[str]]:
    """Split what `diff-files --raw -z` tells into paths to read again and paths that are gone."""
    fields = raw.split("\0")
    told = [
        (match["mode"], match["status"], path)
        for head, path in zip(fields[::2], fields[1::2], strict=False)
        if (match := _RAW.match(head))
    ]
    changed = [path for mode, status, path in told if status in "MT" and mode in _TAKEN]
    return changed, [path for _, status, path in told if status == "D"]


def _batches(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    start, size = 0, 0
    for at, path in enumerate(paths):
        size += len(path.encode(errors="surrogateescape")) + 1
        if size > _WORDS:
            yield paths[start:at]
            start, size = at, len(path)
    if start < len(paths):
        yield paths[start:]


async def _add(git: RunGit, paths: Sequence[str]) -> None:
    """Add what git takes: a refused path fails its whole batch, so halve until it stands alone."""
    try:
        await git(("update-index", "--add", "--remove", "--replace", "--", *paths))
    except GitFailed as failed:
        if _DISK.search(failed.said):
            raise
        if len(paths) == 1:
            return
        middle = len(paths) // 2
        await _add(git, paths[:middle])
        await _add(git, paths[middle:])
