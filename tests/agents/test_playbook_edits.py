"""Changes in a real repository: all of them or none, and never outside of it."""

import subprocess

import pytest

from bot.agents.playbook import edits
from bot.agents.playbook.changes import Patch, Replace
from bot.agents.playbook.edits import CannotApply
from bot.agents.playbook.tree import Tree
from bot.agents.programs import Programs

LINES = "".join(f"{number}\n" for number in range(1, 10))


def git(top, *words):
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    done = subprocess.run(
        ["git", *who, *words], cwd=top, check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture
def top(tmp_path):
    """A repository of two files, and a link that leads out of it."""
    top = tmp_path / "project"
    (top / "src").mkdir(parents=True)
    (top / "src" / "a").write_text(LINES)
    (top / "b").write_bytes(b"caf\xe9\r\nend")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "c").write_text("1\n")
    (top / "out").symlink_to(tmp_path / "outside")
    (top / ".gitignore").write_text("built\n")
    git(top, "init", "-q")
    git(top, "add", ".")
    git(top, "commit", "-qm", "first")
    return top


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def apply(top, *changes):
    scratch = top.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    tree = Tree(Programs(top), scratch / "index")
    edits.apply(top, tree, changes, scratch)


def patch(text):
    return Patch(author="alice", text=text)


def line(path, first, text="new\n", last=None):
    return Replace(author="alice", path=path, first=first, last=last or first, text=text)


def diff(old, new, *, counts="-1,3 +1,3", body=" 1\n-2\n+two\n 3\n"):
    return patch(f"--- {old}\n+++ {new}\n@@ {counts} @@\n{body}")


def is_refused(top, change):
    with pytest.raises(CannotApply) as refused:
        apply(top, line("src/a", 1), change)
    assert refused.value.change is change
    assert git(top, "status", "--porcelain") == ""
    assert (top.parent / "outside" / "c").read_text() == "1\n"
    assert names(top.parent) == ["outside", "project", "scratch"]
    return str(refused.value)


@pytest.mark.parametrize(
    "change",
    [
        diff("a/src/a", "b/src/a"),
        diff("src/a", "src/a"),
        diff("a/src/a", "b/src/a", counts="-1,9 +1,7"),
        diff("src/a", "src/a", counts="-1 +1"),
    ],
    ids=["as git writes it", "as diff writes it", "wrong counts", "both"],
)
def test_a_patch_is_applied_however_it_was_written(top, change):
    apply(top, change)
    assert (top / "src/a").read_text() == LINES.replace("2", "two")
    assert git(top, "diff", "--cached") == ""


def test_a_patch_from_an_older_version_is_merged(top):
    (top / "src/a").write_text(LINES.replace("3\n", "three\n"))
    made = git(top, "diff", "--full-index")
    (top / "src/a").write_text(LINES.replace("1\n", "one\n").replace("5\n", "five\n"))
    git(top, "commit", "-qam", "second")
    apply(top, patch(made))
    expected = LINES.replace("1\n", "one\n").replace("5\n", "five\n").replace("3\n", "three\n")
    assert (top / "src/a").read_text() == expected


def test_a_merge_that_conflicts_leaves_no_mark(top):
    (top / "src/a").write_text(LINES.replace("3\n", "three\n"))
    made = git(top, "diff", "--full-index")
    (top / "src/a").write_text(LINES.replace("3\n", "drei\n"))
    git(top, "commit", "-qam", "second")
    assert "patch does not apply" in is_refused(top, patch(made))


def test_files_may_come_and_go(top):
    new = diff("/dev/null", "b/src/new", counts="-0,0 +1", body="+hello\n")
    body = "".join(f"-{each}\n" for each in LINES.split())
    gone = diff("a/src/a", "/dev/null", counts="-1,9 +0,0", body=body)
    apply(top, new, gone)
    assert names(top / "src") == ["new"]


@pytest.mark.parametrize(
    "path",
    ["../outside/c", "out/c", ".git/config", "/etc/passwd", "src/../../outside/c"],
)
def test_a_patch_that_leads_out_of_the_repository_is_refused(top, path):
    body = "-1\n+2\n"
    is_refused(top, diff(f"a/{path}", f"b/{path}", counts="-1 +1", body=body))
    is_refused(top, diff(path, path, counts="-1 +1", body=body))
    is_refused(top, diff("/dev/null", f"b/{path}x", counts="-0,0 +1", body="+2\n"))


def test_a_patch_that_makes_a_link_is_refused(top):
    link = (
        "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\n"
    )
    assert is_refused(top, patch(link)) == "It makes or changes a symbolic link or a submodule."


def test_what_is_no_patch_is_refused_in_gits_words(top):
    assert "No valid patches in input" in is_refused(top, patch("hello\n"))


def test_lines_are_replaced_in_files_that_are_no_utf8(top):
    apply(top, line("b", 2, "last\n"), line("src/a", 9), line("src/a", 2, "", last=8))
    assert (top / "b").read_bytes() == b"caf\xe9\r\nlast"
    assert (top / "src/a").read_text() == "1\nnew\n"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (line("../outside/c", 1), "../outside/c leads out of the repository."),
        (line("out/c", 1), "out/c is or lies behind a symbolic link."),
        (line("out", 1), "out is or lies behind a symbolic link."),
        (line(".git/config", 1), ".git/config belongs to git."),
        (line("src", 1), "There is no file src."),
        (line("none", 1), "There is no file none."),
        (line("src/a", 10), "src/a has no such lines any more."),
    ],
)
def test_a_suggestion_for_what_cannot_be_changed_is_refused(top, change, words):
    assert is_refused(top, change) == words


def test_what_git_ignores_is_left_alone(top):
    (top / "built").write_text("kept")
    with pytest.raises(CannotApply):
        apply(top, line("none", 1))
    assert (top / "built").read_text() == "kept"


def test_a_patch_that_somebody_has_applied_already_changes_nothing(top):
    made = diff("a/src/a", "b/src/a")
    apply(top, made)
    apply(top, made)
    assert git(top, "diff", "--stat").count("1 insertion(+), 1 deletion(-)") == 1


def test_a_commit_has_a_mark_and_what_is_none_has_not(top, tmp_path):
    tree = Tree(Programs(top), tmp_path / "index")
    assert tree.of("HEAD") == tree.mark()
    assert tree.of("f" * 40) is None
    assert tree.of("") is None


def test_a_tree_without_an_index_is_marked_all_the_same(top, tmp_path):
    mark = Tree(Programs(top), tmp_path / "index").mark()
    (top / ".git" / "index").unlink()
    assert Tree(Programs(top), tmp_path / "other").mark() == mark
