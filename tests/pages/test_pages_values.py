"""The small decisions behind the pages: times, rows of a diff, branches in addresses."""

import pytest

from bot.devhub.pages import diffs, icons, moments
from bot.devhub.pages.views.code import divided


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (7200, "2 hours ago"),
        (86400 * 40, "1 month ago"),
        (86400 * 800, "2 years ago"),
    ],
)
def test_how_long_ago(seconds, words):
    assert moments.ago(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(-1, "0s"), (4.4, "4s"), (125, "2m 5s"), (3780, "1h 3m")]
)
def test_how_long_it_took(seconds, words):
    assert moments.lasting(seconds) == words


def test_a_patch_becomes_rows_with_the_numbers_of_both_sides():
    patch = "@@ -3,3 +3,3 @@ def f\n same\n-old\n+new\n\\ No newline at end of file"
    rows = [(row.kind, row.old, row.new, row.text) for row in diffs.rows(patch)]
    assert rows == [
        ("hunk", None, None, "@@ -3,3 +3,3 @@ def f"),
        ("same", 3, 3, "same"),
        ("removed", 4, None, "old"),
        ("added", None, 4, "new"),
        ("note", None, None, "No newline at end of file"),
    ]


def test_a_comment_on_a_row_is_about_the_side_where_the_line_is():
    _, same, removed, added, _ = diffs.rows("@@ -3 +3 @@\n same\n-old\n+new\n\\ x")
    places = [(row.side, row.line) for row in (same, removed, added)]
    assert places == [("RIGHT", 3), ("LEFT", 4), ("RIGHT", 4)]


@pytest.mark.parametrize(
    ("rest", "parts"),
    [
        ("main", ("main", "")),
        ("main/src/a.py", ("main", "src/a.py")),
        ("greenroom/tidy/1/src/", ("greenroom/tidy/1", "src")),
        ("0123abc/a", ("0123abc", "a")),
    ],
)
def test_a_branch_may_have_slashes(rest, parts):
    assert divided(rest, ["main", "greenroom/tidy/1", "greenroom"]) == parts


def test_icons_are_decoration_unless_they_have_words():
    assert "aria-hidden" in icons.icon("check")
    assert 'aria-label="&lt;b&gt;"' in icons.icon("check", "<b>")
