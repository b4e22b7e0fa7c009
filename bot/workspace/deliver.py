"""Checks what a run hands over, makes the app's own commit of it, and pushes that.

The agent's commits are never pushed: of its result only the tree is taken, so that
author, message, signature and trailers are the app's.  Nothing is checked out, and
git works in the quarantine, whose configuration is ours.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from pydantic import SecretStr

from bot.model.errors import Refused
from bot.model.ids import Sha
from bot.rules.delivering import moved, taken
from bot.rules.globs import covers, folded
from bot.workspace import changes as plumbing
from bot.workspace.changes import LINK, NONE, PLAIN, SUBMODULE, Change, Lines
from bot.workspace.git import GIT, SHA, Git, Login
from bot.workspace.leaks import leaks
from bot.workspace.paths import link_trouble, name_trouble
from bot.workspace.remote import BRANCH_MOVED, trouble
from bot.workspace.snapshot import Author


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a result may be.

    Attributes:
        protect: patterns of paths that only people change.
        secrets: values that must not leave.
        most_files: changed paths.
        most_file: bytes of one file.  GitHub refuses more than 100 MiB.
            https://docs.github.com/en/repositories/working-with-files/managing-large-files/about-large-files-on-github
        most_bytes: bytes of all changed files.
    """

    protect: tuple[str, ...] = ()
    secrets: tuple[SecretStr, ...] = field(default=(), repr=False)
    most_files: int = 1_000
    most_file: int = 5 * 1024**2
    most_bytes: int = 32 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One changed file, as it is shown to people."""

    path: str
    added: int
    removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """A result that may be delivered.

    Attributes:
        tree: the git tree to commit.
        parent: the commit that it is based on.
        files: every change, by path.
    """

    tree: Sha
    parent: Sha
    files: tuple[FileChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A result that is not delivered: a stable reason, and words that name the path."""

    reason: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitWords:
    """What stands in the app's commit.

    Attributes:
        when: Unix time in whole seconds, kept with the run: the same words and time make the
            same commit, so that a delivery that died is taken up where it was.
    """

    message: str
    author: Author
    when: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a commit goes.

    Attributes:
        url: the repository on the server, without a credential in it.
        branch: its name, without `refs/heads/`.
        onto: where the branch stands, to be moved on from there; None makes a new one.
    """

    url: str
    branch: str
    onto: Sha | None = None


async def inspect(
    quarantine: Path, base: Sha, result: Sha, rules: Rules, git: Git = GIT
) -> Inspected | Rejected:
    """Check every path that the result changes.

    Raises:
        Refused: the diff alone is larger than what git may write.
    """
    if not SHA.fullmatch(result) or not await _descends(git, quarantine, base, result):
        return Rejected(reason="not_descended", words=f"The result is not based on {base}.")
    found = await plumbing.changes(git, quarantine, base, result)
    all_paths = await plumbing.paths(git, quarantine, result)
    if rejected := _shape(found, rules) or _collision(found, all_paths):
        return rejected
    sizes = await plumbing.sizes(git, quarantine, _objects(found))
    if rejected := _weight(found, sizes, rules):
        return rejected
    if rejected := await _inside(git, quarantine, found, rules):
        return rejected
    if rejected := await _kept_elsewhere(git, quarantine, found, (base, result)):
        return rejected
    counted = await plumbing.lines(git, quarantine, base, result)
    tree = await git.line(quarantine, "rev-parse", f"{result}^{{tree}}")
    return Inspected(tree=Sha(tree), parent=base, files=_files(found, counted))


async def seal(quarantine: Path, inspected: Inspected, words: CommitWords, git: Git = GIT) -> Sha:
    """Make the app's commit of an inspected tree and return it."""
    date = f"@{words.when} +0000"
    identity = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (
            ("NAME", words.author.name),
            ("EMAIL", words.author.email),
            ("DATE", date),
        )
    }
    named = replace(git, environment={**git.environment, **identity})
    commit = ("commit-tree", inspected.tree, "-p", inspected.parent, "-F", "-")
    # Git takes no NUL in a message, and JSON may bring what is no character.
    message = words.message.replace("\0", "").encode(errors="replace")
    out = await named.out(quarantine, *commit, stdin=message)
    return Sha(out.decode("ascii").strip())


async def push(
    quarantine: Path, commit: Sha, target: Target, token: SecretStr | None, git: Git = GIT
) -> None:
    """Create the branch at `commit`, or move it on to there; nothing happens when it is there.

    A branch is never turned back: `commit` must descend from where it stands.

    Raises:
        Refused: the branch is elsewhere or the server says no, in its words.
        Unavailable: no answer, so that the branch may or may not have moved.
    """
    ref = f"refs/heads/{target.branch}"
    if (await git.run(quarantine, "check-ref-format", ref)).code != 0:
        raise Refused("branch_name", f"{target.branch!a} cannot be the name of a branch.")
    # The server compares and moves in one step; that nobody's work is lost we know from here.
    if target.onto and not await _descends(git, quarantine, target.onto, commit):
        raise Refused("not_descended", f"{commit} is not based on {target.onto}.")
    lease = f"--force-with-lease={ref}:{target.onto or ''}"
    words = ("push", "--porcelain", "--no-verify", lease, "--", target.url, f"{commit}:{ref}")
    shown = replace(git, login=Login(url=target.url, token=token) if token else None)
    finished = await shown.run(quarantine, *words)
    if finished.code != 0:
        problem = trouble(finished, sent=True)
        if isinstance(problem, Refused) and problem.reason == BRANCH_MOVED:
            raise elsewhere(target)
        raise problem


def elsewhere(target: Target) -> Refused:
    """Return the refusal to push to a branch that is not where the work on it began."""
    words = moved(target.branch) if target.onto else taken(target.branch)
    return Refused(BRANCH_MOVED, words)


async def _descends(git: Git, quarantine: Path, base: Sha, commit: Sha) -> bool:
    ancestor = ("merge-base", "--is-ancestor", base, commit)
    return (await git.run(quarantine, *ancestor)).code == 0


def _shape(found: Sequence[Change], rules: Rules) -> Rejected | None:
    """Check what can be told without any content: number, names, types, protection."""
    if not found:
        return Rejected(reason="empty", words="The result changes nothing.")
    if len(found) > rules.most_files:
        words = f"The result changes {len(found)} files; the limit is {rules.most_files}."
        return Rejected(reason="too_many_files", words=words)
    if any(leaks(change.path.encode(errors="replace"), rules.secrets) for change in found):
        words = "The name of a changed file holds something that looks like a credential."
        return Rejected(reason="secret", words=words)
    gone = {folder for change in found if change.how == "D" for folder in _folders(change.path)}
    for change in found:
        if reason := _shape_of(change, rules, gone):
            return _rejected(change, *reason)
    return None


def _shape_of(change: Change, rules: Rules, gone: set[str]) -> tuple[str, str] | None:
    if change.how == "A" and (why := name_trouble(change.path)):
        return "path", why
    if covers(rules.protect, change.path):
        return "protected_path", "is protected: only people change it"
    if change.mode == SUBMODULE:
        return "submodule", "is a submodule"
    if change.how != "D" and change.mode not in {*PLAIN, LINK}:
        return "mode", f"has the file mode {change.mode}"
    if change.mode == LINK and change.path in gone:
        return "link", "is a link in the place of a folder"
    return None


def _collision(found: Sequence[Change], all_paths: Sequence[str]) -> Rejected | None:
    """Find an added path that a file system which ignores case takes for another one."""
    spellings = Counter(folded(name) for name in _with_folders(all_paths))
    for change in found:
        mine = (change.path, *_folders(change.path))
        if change.how == "A" and any(spellings[folded(name)] > 1 for name in mine):
            return _rejected(change, "path", "differs from another path only in case")
    return None


def _weight(found: Sequence[Change], sizes: Mapping[Sha, int], rules: Rules) -> Rejected | None:
    total = 0
    for change in found:
        if not change.is_blob:
            continue
        size = sizes[change.new]
        total += size
        if size > rules.most_file:
            words = f"has {size} bytes; the limit is {rules.most_file}"
            return _rejected(change, "too_large", words)
    if total > rules.most_bytes:
        words = f"The changed files have {total} bytes in all; the limit is {rules.most_bytes}."
        return Rejected(reason="too_large", words=words)
    return None


async def _inside(
    git: Git, quarantine: Path, found: Sequence[Change], rules: Rules
) -> Rejected | None:
    """Check the contents: where links lead, and that no credential is new."""
    roomy = replace(git, most=rules.most_bytes + 256 * len(found))
    now = await plumbing.contents(roomy, quarantine, _objects(found))
    for change in found:
        if not change.is_blob:
            continue
        content = now[change.new]
        target = content.decode(errors="surrogateescape")
        if change.mode == LINK and (why := link_trouble(change.path, target)):
            return _rejected(change, "link", why)
        leaked = await asyncio.to_thread(leaks, content, rules.secrets)
        if leaked and leaked - await _known_before(git, quarantine, change):
            return _rejected(change, "secret", "holds something that looks like a credential")
    return None


async def _kept_elsewhere(
    git: Git, quarantine: Path, found: Sequence[Change], ends: tuple[Sha, Sha]
) -> Rejected | None:
    """Check files that Git LFS keeps: the repository has pointers to them, and moves only those.

    What a new pointer points to, or a whole file in its place, would have to be uploaded,
    and nothing here can.
    https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
    """
    base, result = ends
    files = [change for change in found if change.mode in PLAIN]
    names = [change.path for change in files]
    filters = await plumbing.attributes(git, quarantine, result, names, "filter")
    kept = [change for change in files if filters[change.path] == "lfs"]
    known = await plumbing.blobs(git, quarantine, base) if kept else frozenset()
    for change in kept:
        if change.new not in known:
            return _rejected(change, "lfs", "is kept by Git LFS, to which agents cannot upload")
    return None


async def _known_before(git: Git, quarantine: Path, change: Change) -> set[str]:
    if change.old == NONE:
        return set()
    before = await git.out(quarantine, "cat-file", "blob", change.old)
    return await asyncio.to_thread(leaks, before, ())


def _objects(found: Iterable[Change]) -> list[Sha]:
    return sorted({change.new for change in found if change.is_blob})


def _folders(path: str) -> list[str]:
    return [str(folder) for folder in PurePosixPath(path).parents][:-1]


def _with_folders(all_paths: Iterable[str]) -> set[str]:
    return {name for path in all_paths for name in (path, *_folders(path))}


def _files(found: Iterable[Change], counted: Mapping[str, Lines]) -> tuple[FileChange, ...]:
    return tuple(
        FileChange(
            path=change.path,
            added=counted[change.path].added,
            removed=counted[change.path].removed,
        )
        for change in found
    )


def _rejected(change: Change, reason: str, why: str) -> Rejected:
    shown = change.path if change.path.isprintable() else ascii(change.path)[1:-1]
    # A backtick would end the code that keeps the name from being read as Markdown.
    safe = shown.replace("`", "'")
    return Rejected(reason=reason, words=f"`{safe}` {why}.")
