"""Files that Git LFS keeps: their pointers are delivered as they are, and no others."""

import pytest
from origins import FILE, Origin, run_git

from bot.model.ids import RunId
from bot.workspace import changes
from bot.workspace.deliver import CommitWords, Inspected, Rejected, Rules, inspect, seal
from bot.workspace.snapshot import Author

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9000\n"
KEPT = b"*.bin filter=lfs diff=lfs merge=lfs -text\n"
BY = CommitWords(message="x", author=Author(name="a", email="a@localhost"), when=1)


@pytest.fixture
async def quarantine(quarantines, mirrors, origin):
    base = origin.commit(
        {".gitattributes": (FILE, KEPT), "a/big.bin": (FILE, POINTER), "plain": (FILE, b"x\n")}
    )
    await mirrors.fetch("octo/hall", origin.url, None)
    opened = Origin(await quarantines.open(RunId("01RUN"), mirrors.path("octo/hall"), base))
    return opened, base


@pytest.fixture
def inspected(quarantine, git):
    opened, base = quarantine

    async def deliver(tree):
        result = opened.commit(tree, ref="refs/heads/other", parent=base)
        return await inspect(opened.path, base, result, Rules(), git)

    return deliver


@pytest.mark.parametrize(
    "tree",
    [
        {"plain": (FILE, b"y\n")},
        {"a/big.bin": None},
        {"a/big.bin": ("100755", POINTER)},
        {"a/big.bin": None, "b/moved.bin": (FILE, POINTER)},
        {"big.txt": (FILE, b"x" * 9_000)},
        {".gitattributes": (FILE, b"*.bin -filter\n"), "a/big.bin": (FILE, b"whole")},
    ],
)
async def test_pointers_are_delivered_as_they_are(inspected, quarantine, git, tree):
    found = await inspected(tree)
    assert isinstance(found, Inspected)
    commit = await seal(quarantine[0].path, found, BY, git)
    if "a/big.bin" not in tree:
        shown = run_git(quarantine[0].path, "cat-file", "blob", f"{commit}:a/big.bin")
        assert shown == POINTER.decode().strip()


@pytest.mark.parametrize(
    "tree",
    [
        {"new.bin": (FILE, b"x" * 9_000)},
        {"a/big.bin": (FILE, b"whole")},
        {"a/big.bin": (FILE, POINTER.replace(b"00", b"11"))},
        {".gitattributes": (FILE, b"*.iso filter=lfs\n"), "d/new.iso": (FILE, b"x")},
        {"d/.gitattributes": (FILE, b"new filter=lfs\n"), "d/new": (FILE, b"x")},
    ],
)
async def test_what_would_have_to_be_uploaded_is_refused_by_name(inspected, tree):
    found = await inspected(tree)
    assert isinstance(found, Rejected)
    path = list(tree)[-1]
    assert found.reason == "lfs"
    assert found.words == f"`{path}` is kept by Git LFS, to which agents cannot upload."


async def test_a_patch_shows_text_and_names_what_is_none(quarantine, git):
    opened, base = quarantine
    tree = {"plain": (FILE, b"y\n"), "\xfc": (FILE, b"\0\1")}
    result = opened.commit(tree, ref="refs/heads/other", parent=base)
    patch = await changes.patch(git, opened.path, base, result)
    assert "--- a/plain\n+++ b/plain\n@@ -1 +1 @@\n-x\n+y\n" in patch
    assert "Binary files /dev/null and" in patch
