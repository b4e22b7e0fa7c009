"""Making the changes that people wrote down, all of them or none, in the repository alone."""

import stat
from collections.abc import Sequence
from pathlib import Path

from bot.agents.playbook.changes import (
    Change,
    Patch,
    Replace,
    leading_parts,
    patch_trouble,
    path_trouble,
    replaced,
)
from bot.agents.playbook.tree import GitFailed, Tree


class CannotApply(Exception):
    """A change cannot be made; the text says why."""

    def __init__(self, change: Change, why: str) -> None:
        super().__init__(why)
        self.change = change


def apply(top: Path, tree: Tree, changes: Sequence[Change], scratch: Path) -> None:
    """Make the changes in order.

    Args:
        top: the working folder.
        tree: the same, as git sees it.
        changes: as `changes.in_order` returns them.
        scratch: an empty folder outside of it.

    Raises:
        CannotApply: one of them cannot be made; the folder is as it was.
        GitFailed: git could not even look.
    """
    before = tree.mark()
    try:
        for change in changes:
            if isinstance(change, Replace):
                _replace(top, change)
            else:
                _patch(tree, change, scratch / "change.patch")
    except CannotApply:
        tree.back_to(before)
        raise


def _replace(top: Path, change: Replace) -> None:
    file = _file(top, change)
    # bytes that are no UTF-8 stay what they are
    content = file.read_bytes().decode("utf-8", "surrogateescape")
    new = replaced(content, change)
    if new is None:
        raise CannotApply(change, f"{change.path} has no such lines any more.")
    file.write_bytes(new.encode("utf-8", "surrogateescape"))


def _file(top: Path, change: Replace) -> Path:
    """Find the file, by a way without links: they may lead anywhere."""
    if trouble := path_trouble(change.path):
        raise CannotApply(change, f"{change.path} {trouble}.")
    path = top
    for part in Path(change.path).parts:
        path /= part
        if path.is_symlink():
            raise CannotApply(change, f"{change.path} is or lies behind a symbolic link.")
    if not path.exists() or not stat.S_ISREG(path.stat().st_mode):
        raise CannotApply(change, f"There is no file {change.path}.")
    return path


def _patch(tree: Tree, patch: Patch, file: Path) -> None:
    """Apply a patch the first way that fits; git refuses what leads out of the repository."""
    if trouble := patch_trouble(patch.text):
        raise CannotApply(patch, trouble)
    file.write_text(patch.text, encoding="utf-8", errors="surrogateescape")
    way: tuple[str, ...] = (f"-p{leading_parts(patch.text)}", str(file))
    why = _refusal(tree, *way)
    if why and not _refusal(tree, "--reverse", *way):
        return  # somebody has made this change already
    # People count wrong, and leave the lines around a change away.
    for leniently in (("--recount",), ("--unidiff-zero", "--recount")):
        if why and not _refusal(tree, *leniently, *way):
            why, way = "", (*leniently, *way)
    try:
        if why:
            _merge(tree, *way)
        else:
            tree.git("apply", *way)
    except GitFailed as problem:
        raise CannotApply(patch, why or str(problem)) from None


def _refusal(tree: Tree, *words: str) -> str:
    try:
        tree.git("apply", "--check", *words)
    except GitFailed as problem:
        return str(problem)
    return ""


def _merge(tree: Tree, *way: str) -> None:
    """Merge a patch that was made from other versions of files which git still has.

    The merge is made in our index, so that a conflict leaves no mark in a file.
    """
    tree.mark()
    tree.git("apply", "--3way", "--cached", *way)
    merged = tree.git("write-tree").strip()
    tree.back_to(merged)
