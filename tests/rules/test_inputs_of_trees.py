import pytest

from bot.rules.inputs import NONE, named, only

A, B = "1" * 40, "2" * 40


def tree(**files):
    """List files as git does; `mode` apart, a file is named by what it holds."""
    paths = {path.replace("__", "/"): sha for path, sha in files.items()}
    return "".join(f"100644 blob {sha}\t{path}\0" for path, sha in paths.items())


def test_the_same_files_have_one_name_whatever_lies_beside_them():
    first = named(tree(src__a=A, README=A), ["src/**"])
    assert first == named(tree(src__a=A, docs__b=B), ["src/**"])
    assert len(first) == 64


@pytest.mark.parametrize(
    "other",
    [
        tree(src__a=B),
        tree(src__b=A),
        tree(src__a=A, src__b=A),
        tree(src__a=A).replace("100644", "100755"),
    ],
    ids=["content", "path", "another file", "mode"],
)
def test_any_difference_of_them_makes_another_name(other):
    assert named(other, ["src/**"]) != named(tree(src__a=A), ["src/**"])


def test_patterns_that_cover_nothing_name_nothing():
    assert named(tree(src__a=A), ["none/*"]) == NONE
    assert only(tree(src__a=A), ["none/*"]) == ""


def test_what_they_cover_is_listed_as_it_was():
    assert only(tree(src__a=A, README=B), ["readme"]) == tree(README=B)
