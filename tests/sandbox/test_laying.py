import os
import subprocess
from pathlib import Path

import pytest

from bot.sandbox.laying import lay, patterns


@pytest.fixture
def trees(tmp_path):
    """A layer and a tree, each made of paths: text, a link that begins with `->`, or a folder."""

    def make(name, **files):
        for path, text in files.items():
            at = tmp_path / name / path
            at.parent.mkdir(parents=True, exist_ok=True)
            at.symlink_to(text[2:]) if text.startswith("->") else at.write_text(text)
        return tmp_path / name

    return make


def told(layer, tree, **more):
    return sorted(patterns([layer], tree, **more))


def test_a_new_folder_takes_one_pattern_and_one_that_is_there_one_for_each_addition(trees):
    layer = trees("layer", **{".venv/a": "1", ".venv/b": "2", "src/made": "3", "src/deep/x": "4"})
    tree = trees("tree", **{"src/a": "1", "src/deep/y": "2"})
    assert told(layer, tree) == ["/.venv", "/src/deep/x", "/src/made"]


def test_what_the_tree_has_itself_is_not_left_alone(trees):
    layer = trees("layer", **{"a": "1", "link/x": "2", "folder": "->/etc", "file/x": "3"})
    tree = trees("tree", **{"a": "1", "link": "->/etc", "folder/x": "2", "file": "3"})
    assert told(layer, tree) == []


def test_too_many_of_them_become_one_for_their_folder(trees):
    layer = trees("layer", **{f"src/{n}": "x" for n in range(9)}, top="x")
    assert told(layer, trees("tree", **{"src/a": "1"}), most=5) == ["/src/*", "/top"]


NAMES = ["a b", "a ", "#a", "!a", "[a]", "a*", "a?", "a\\b", "ä", "-a", os.fsdecode(b"\xff")]


@pytest.mark.parametrize("name", [*NAMES, "a\nb"])
def test_git_leaves_alone_exactly_what_was_added(trees, name):
    layer = trees("layer", **{f"src/{name}": "x"})
    tree = trees("tree", **{"src/tracked": "x"})
    git = ("git", "-C", str(tree))
    subprocess.run([*git, "init", "-q"], check=True)
    (tree / ".git/info").mkdir(exist_ok=True)
    found = "\n".join(patterns([layer], tree))
    (tree / ".git/info/exclude").write_bytes(os.fsencode(f"{found}\n"))
    for each in (name, "other"):
        (tree / "src" / each).write_text("new")
    listed = subprocess.run(
        [*git, "ls-files", "--others", "--exclude-standard"], check=True, capture_output=True
    )
    assert listed.stdout == b"src/other\nsrc/tracked\n"


def test_where_there_is_no_overlay_it_is_copied_below(trees):
    layer = trees("layer", **{"src/made": "m", "src/a": "not this", "l": "->/etc", ".venv/x": "x"})
    (layer / ".venv/x").chmod(0o755)
    os.utime(layer / "src/made", (1_000, 1_000))
    tree = trees("tree", **{"src/a": "a"})
    lay(layer, tree, None)
    assert (tree / "src/a").read_text() == "a"
    made = tree / "src/made"
    assert (made.read_text(), made.stat().st_mtime) == ("m", 1_000)
    assert (tree / "l").readlink() == Path("/etc")
    assert (tree / ".venv/x").stat().st_mode & 0o777 == 0o755


def test_nothing_is_copied_through_a_link(trees, tmp_path):
    aim = tmp_path / "aim"
    aim.mkdir()
    layer = trees("layer", **{"docs/x": "x", "docs/deep/y": "y", "file/z": "z"})
    tree = trees("tree", docs=f"->{aim}", file="own")
    lay(layer, tree, None)
    assert list(aim.iterdir()) == []
    assert (tree / "file").read_text() == "own"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_is_copied_is_the_jobs(trees):
    layer = trees("layer", **{"new/x": "x", "l": "->/etc"})
    tree = trees("tree", a="a")
    lay(layer, tree, 61_901)
    for path in ("new", "new/x", "l"):
        assert (tree / path).lstat().st_uid == 61_901
    assert (tree / "a").stat().st_uid == 0
