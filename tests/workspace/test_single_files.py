import re

import pytest
from origins import FILE, LINK, REPO

from bot.workspace import reading
from bot.workspace.reading import Read, first, shallow, texts
from bot.workspace.snapshot import GitFailed

NAMES = ("AGENTS.md", "CLAUDE.md")


async def found(mirrors, origin, git, files):
    """Read what is there once these files are committed."""
    commit = origin.commit(files)
    await mirrors.fetch(REPO, origin.url, None)
    return await first(mirrors.path(REPO), commit, NAMES, git)


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ({"AGENTS.md": (FILE, b"a"), "CLAUDE.md": (FILE, b"c")}, "AGENTS.md"),
        ({"CLAUDE.md": (FILE, b"c")}, "CLAUDE.md"),
        ({"AGENTS.md": (LINK, b"CLAUDE.md"), "CLAUDE.md": ("100755", b"c")}, "CLAUDE.md"),
        ({"AGENTS.md/deep": (FILE, b"d"), "CLAUDE.md": (FILE, b"c")}, "CLAUDE.md"),
    ],
)
async def test_the_first_file_is_read_that_is_one(mirrors, origin, git, files, path):
    data = files[path][1]
    assert await found(mirrors, origin, git, files) == Read(path=path, data=data, size=1)


@pytest.mark.parametrize("files", [{"agents.md": (FILE, b"a")}, {"docs/AGENTS.md": (FILE, b"a")}])
async def test_there_may_be_none(mirrors, origin, git, files):
    assert await found(mirrors, origin, git, files) is None


async def test_of_a_file_that_is_too_large_only_the_size_is_told(mirrors, origin, git):
    size = reading.LARGEST + 1
    files = {"AGENTS.md": (FILE, b"x" * size), "CLAUDE.md": (FILE, b"c")}
    assert await found(mirrors, origin, git, files) == Read(path="AGENTS.md", data=b"", size=size)


async def test_a_commit_that_is_not_there_is_an_error(mirror, git):
    with pytest.raises(GitFailed):
        await first(mirror, "f" * 40, NAMES, git)


async def test_two_levels_of_a_tree_are_listed_whatever_their_names(mirrors, origin, git):
    files = {"a": (FILE, b""), "b/c": (FILE, b""), "b/d/e": (FILE, b""), ":(glob)*/f": (FILE, b"")}
    odd = {b"\xff/g": (FILE, b"")}
    commit = origin.commit(files | odd)
    await mirrors.fetch(REPO, origin.url, None)
    found = await shallow(mirrors.path(REPO), commit, git)
    assert set(found) >= {"a", "b", "b/c", "b/d", ":(glob)*", ":(glob)*/f", "\udcff/g"}
    assert "b/d/e" not in found


async def test_a_tree_without_folders_is_listed_once(mirrors, origin, git):
    commit = origin.commit({"a": (FILE, b"")})
    await mirrors.fetch(REPO, origin.url, None)
    assert "a" in await shallow(mirrors.path(REPO), commit, git)


async def test_the_files_of_a_folder_are_read_that_fit(mirrors, origin, git):
    files = {
        ".conf/a.yml": (FILE, b"a: \xff"),
        ".conf/below/b.yml": (FILE, b"b"),
        ".conf/link.yml": (LINK, b"a.yml"),
        ".conf/large.yml": (FILE, b"x" * (reading.LARGEST + 1)),
        ".conf/note.md": (FILE, b"n"),
        "a.yml": (FILE, b"top"),
    }
    commit = origin.commit(files)
    await mirrors.fetch(REPO, origin.url, None)
    wanted = re.compile(r"(?:below/)?\w+\.yml")
    read = await texts(mirrors.path(REPO), commit, ".conf/", wanted, git)
    assert read == {".conf/a.yml": "a: \udcff", ".conf/below/b.yml": "b"}
    assert await texts(mirrors.path(REPO), commit, "none/", wanted, git) == {}
