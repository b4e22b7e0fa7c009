"""The playbook's small pure parts: its brief, blocks in comments, lines and paths."""

import json

import pytest

from bot.agents.playbook.blocks import Block, blocks, without_blocks
from bot.agents.playbook.changes import (
    Patch,
    Replace,
    leading_parts,
    patch_trouble,
    path_trouble,
    replaced,
)
from bot.agents.playbook.task import Task, Text, read


def brief(**fields):
    subject = {"kind": "pull", "number": 7, "title": "T"}
    return json.dumps({"instruction": "", "prompt": "", "subject": subject, "texts": [], **fields})


def test_a_brief_is_read_with_plain_line_ends():
    text = {
        "author": "a", "trusted": True, "body": "x\r\ny", "path": None, "line": None,
        "start_line": None,
    }  # fmt: skip
    task = read(brief(instruction="do\r\nit", texts=[text]))
    body = Text(author="a", trusted=True, body="x\ny")
    assert task == Task(instruction="do\nit", texts=(body,))


@pytest.mark.parametrize("broken", ["{}", "{", "[]", brief(texts=[{"body": ""}])])
def test_a_brief_that_is_none_is_refused(broken):
    with pytest.raises(ValueError, match=r"."):
        read(broken)


def test_blocks_are_found_by_their_first_word():
    text = "Do\n\n~~~patch\n+a\n~~~\n\n```python\nx\n```\n ````suggestion\n ```\n x\n ````\n"
    assert blocks(text) == (Block("patch", "+a\n"), Block("suggestion", "```\nx\n"))


@pytest.mark.parametrize(
    ("above", "fails"),
    [
        ("If `zero` fails:", "zero"),
        ("text\n\n  Where `a.py::zero adds` breaks, this helps.\n", "a.py::zero adds"),
        ("If zero fails:", ""),
        ("If `zero` fails, tell me.\n\nElse:", ""),
        ("If `zero` fails:\n\n```diff\n+b\n```", ""),
    ],
)
def test_a_patch_below_words_of_a_test_is_for_when_that_fails(above, fails):
    assert blocks(f"{above}\n```diff\n+a\n```")[-1] == Block("patch", "+a\n", fails)


def test_a_block_without_an_end_goes_to_the_end():
    assert blocks("```diff\n+a") == (Block("patch", "+a\n"),)


def test_an_empty_suggestion_takes_lines_away():
    assert blocks("```suggestion\n```") == (Block("suggestion", ""),)


@pytest.mark.parametrize(
    "hidden",
    [
        "> ```diff\n> +a\n> ```",
        "<!--\n\n```diff\n+a\n```\n-->",
        "<details>\n```diff\n+a\n```\n</details>",
        "<pre>\n\n```diff\n+a\n```\n</pre>",
        "    ```diff\n    +a\n    ```",
        "````\n```diff\n+a\n```\n````",
        "`` ```diff `` is how it is written",
        "<!-- never closed\n```diff\n+a\n```",
    ],
)
def test_what_a_reader_sees_as_no_block_is_none(hidden):
    assert blocks(hidden) == ()


def test_a_comment_of_one_line_hides_nothing_after_it():
    assert blocks("<!-- x -->\n```diff\n+a\n```") == (Block("patch", "+a\n"),)


def test_words_are_what_stands_outside_of_blocks_and_quotes():
    text = "apply\n> not this\nthe  one\n```diff\n+all\n```\n<!-- above -->\nbelow"
    assert without_blocks(text) == "apply the one below"


def replace_in(content, first, last, text):
    change = Replace(author="a", path="p", first=first, last=last, text=text)
    return replaced(content, change)


def test_lines_are_replaced_exactly():
    assert replace_in("1\n2\n3\n", 2, 2, "two\n") == "1\ntwo\n3\n"
    assert replace_in("1\n2\n3\n", 1, 3, "") == ""
    assert replace_in("1\n2", 1, 1, "one\nand\n") == "one\nand\n2"


def test_line_ends_stay_the_files_own():
    assert replace_in("1\r\n2\r\n", 1, 1, "a\nb\n") == "a\r\nb\r\n2\r\n"
    assert replace_in("1\n2", 2, 2, "two\n") == "1\ntwo"
    assert replace_in("a\x0cb\u2028c\nd\n", 2, 2, "x\n") == "a\x0cb\u2028c\nx\n"


def test_lines_that_are_not_there_are_not_replaced():
    assert replace_in("1\n", 2, 2, "x\n") is None
    assert replace_in("", 1, 1, "x\n") is None
    assert replace_in("1\n2\n", 2, 1, "x\n") is None


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "a\\b", "x\0"])
def test_paths_that_leave_the_repository_are_refused(path):
    assert path_trouble(path) == "leads out of the repository"


def test_paths_of_gits_own_are_refused_and_others_are_not():
    assert path_trouble("sub/.GIT/config") == "belongs to git"
    assert path_trouble(".gitignore") is None


def test_patches_that_make_links_or_submodules_are_refused():
    head = "diff --git a/x b/x\n"
    assert patch_trouble(f"{head}new file mode 120000\n--- /dev/null\n")
    assert patch_trouble(f"{head}new file mode 160000\n")
    assert patch_trouble(f"{head}new file mode 100644\n+new file mode 120000\n") is None


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("a/src/x", "b/src/x", 1),
        ("i/src/x", "w/src/x", 1),
        ("/dev/null", "b/x", 1),
        ("/dev/null", "src/x", 0),
        ("src/x.orig\t2026-01-01", "src/x\t2026-01-02", 0),
        ("a/x", "a/x", 0),
    ],
)
def test_how_a_patch_names_files_is_seen_in_its_first_one(old, new, parts):
    assert leading_parts(f"diff\n--- {old}\n+++ {new}\n@@ -1 +1 @@\n") == parts


def test_a_patch_without_files_is_read_as_gits():
    assert leading_parts("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n") == 1


def test_changes_are_named_after_their_author():
    assert str(Patch(author="alice", text="")) == "the patch by alice"
    assert str(Patch(author="", text="")) == "the given patch"
    one = Replace(author="bob", path="a.py", first=1, last=1, text="")
    assert str(one) == "the suggestion by bob for a.py"
